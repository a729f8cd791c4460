"""An element as XML that stands on its own: what a dead property is kept as (RFC 4918 §4.3).

Every namespace that is in scope is declared on the element itself, so prefixes in values mean tomorrow what they mean
today, and so is the language. Text, attributes, mixed content and the client's own prefixes stay; comments and
processing instructions are gone already. What is written here can be put into any document without a default
namespace, which ours are.
"""

from __future__ import annotations

from typing import Final

from protocols.dav import xml
from protocols.dav.names import split
from protocols.dav.types import QName

_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_XML: Final = "http://www.w3.org/XML/1998/namespace"


def standing(element: xml.Element) -> str:
    """The element with all that it inherits."""
    return _written(element, {"": ""}, _language(element))


def key_of(name: QName) -> str:
    """The name under which a look holds a property that nobody but a client understands."""
    return name if name.startswith("{") else "{}" + name


def name_of_key(key: str) -> QName | None:
    """The property's name again; None for a neutral word."""
    if not key.startswith("{"):
        return None
    return QName(key.removeprefix("{}"))


def _language(element: xml.Element) -> str:
    """The language the element inherits; empty where it states one itself, or none is stated."""
    if element.get(_LANG) is not None:
        return ""
    return next((lang for above in element.iterancestors() if (lang := above.get(_LANG)) is not None), "")


def _written(element: xml.Element, declared: dict[str, str], language: str = "") -> str:
    namespace, local = split(xml.name_of(element))
    scope = {prefix or "": str(uri) for prefix, uri in element.nsmap.items()}
    if not namespace:
        # An element of no namespace has taken the default one away.
        scope[""] = ""
    news = {prefix: uri for prefix, uri in scope.items() if declared.get(prefix) != uri}
    inside = declared | news
    prefix = (element.prefix or "") if namespace else ""
    name = f"{prefix}:{local}" if prefix else local
    start = f"<{name}"
    for short, uri in news.items():
        start += f" xmlns{':' if short else ''}{short}={xml.attribute(uri)}"
    if language:
        start += f" xml:lang={xml.attribute(language)}"
    for key, value in element.attrib.items():
        start += f" {_attribute(str(key), scope)}={xml.attribute(str(value))}"
    content = xml.escape(element.text or "")
    for child in element:
        content += _written(child, inside) + xml.escape(child.tail or "")
    return f"{start}>{content}</{name}>" if content else f"{start}/>"


def _attribute(key: str, scope: dict[str, str]) -> str:
    namespace, local = split(QName(key))
    if not namespace:
        return local
    if namespace == _XML:
        return f"xml:{local}"
    # An attribute has no default namespace: it stands under a prefix, or the parser would not have let it through.
    return f"{next(prefix for prefix, uri in scope.items() if prefix and uri == namespace)}:{local}"
