"""Only what a page of prose, tables, figures and formulas is made of stays HTML; all else is shown as text, so nothing in a page runs or is fetched.

page = safe(body)            # <script>...</script> -> &lt;script&gt;...&lt;/script&gt;
"""

import re

import bleach

PROSE = "a abbr b blockquote br caption code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i img li ol p pre s span strong sub sup u ul"
TABLES = "col colgroup table tbody td tfoot th thead tr"
FORMULAS = (
    "math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mroot mrow mspace msqrt mstyle msub msubsup msup mtable mtd mtext "
    "mtr munder munderover"
)
FORMULA_ATTRIBUTES = (
    "accent accentunder columnalign columnlines depth display displaystyle fence form height linethickness lspace mathsize mathvariant "
    "maxsize minsize movablelimits notation rowlines rowspacing rspace scriptlevel separator stretchy voffset width xmlns"
)
ADDRESS = re.compile(r"#|https?://|mailto:")
FIGURE = re.compile(r"data:image/(png|jpeg|svg\+xml);base64,")


def safe(body: str) -> str:
    """The body with no tag, attribute or address but those of this file."""
    attributes = {tag: FORMULA_ATTRIBUTES.split() for tag in FORMULAS.split()} | {"*": ["class"], "a": _link, "img": _image}
    attributes |= {"td": ["colspan", "rowspan"], "th": ["colspan", "rowspan"]}
    tags = {*PROSE.split(), *TABLES.split(), *FORMULAS.split()}
    return bleach.clean(body, tags=tags, attributes=attributes, protocols={"http", "https", "mailto", "data"})


def _link(tag: str, name: str, value: str) -> bool:
    return name == "title" or (name == "href" and ADDRESS.match(value) is not None)


def _image(tag: str, name: str, value: str) -> bool:
    """A figure is inside the page; one elsewhere would be fetched."""
    return name in ("alt", "title", "width", "height") or (name == "src" and FIGURE.match(value) is not None)
