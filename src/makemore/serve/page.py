"""The OpenAPI document as a page of HTML, without scripts and without anything from outside."""

from importlib.resources import files

from jinja2 import Environment, PackageLoader

from makemore.checkpoint.model_file import Document

STYLE = files("makemore.serve").joinpath("page.css").read_bytes()


def render(document: Document) -> str:
    """Return the page of an OpenAPI document."""
    environment = Environment(loader=PackageLoader("makemore.serve", "."), autoescape=True)
    template = environment.get_template("page.html")
    return template.render(document=document, operations=_operations(document))


def _operations(document: Document) -> list[Document]:
    """Return the operations, with the options of their bodies and parameters as rows."""
    found = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            bodies = operation.get("requestBody", {}).get("content", {})
            schema = bodies.get("application/json", {}).get("schema", {})
            options = [_row(name, each) for name, each in schema.get("properties", {}).items()]
            others = [name for name in bodies if name != "application/json"]
            answers = {
                status: answer.get("description", "")
                for status, answer in operation.get("responses", {}).items()
            }
            found.append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": operation.get("summary", ""),
                    "paragraphs": operation.get("description", "").split("\n\n"),
                    "options": options,
                    "other_bodies": others,
                    "answers": answers,
                }
            )
    return found


def _row(name: str, schema: Document) -> dict[str, str]:
    """Return an option as a row: its name, what it may be, its default, its description."""
    types = schema.get("type", "")
    kinds = [types] if isinstance(types, str) else [each for each in types if each != "null"]
    text = " or ".join(kinds)
    if "items" in schema:
        text = f"list of {schema['items']['type']}s"
    if "enum" in schema:
        text = ", ".join(schema["enum"])
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None or high is not None:
        bounds = [f"from {low:,}" if low is not None else "", f"to {high:,}" if high else ""]
        text += " " + " ".join(filter(None, bounds))
    default = schema.get("default")
    is_plain = default not in (None, "", [], ())
    shown = str(default).lower() if isinstance(default, bool) else f"{default}"
    return {
        "name": name,
        "kind": text,
        "default": shown if is_plain else "",
        "description": schema.get("description", ""),
    }
