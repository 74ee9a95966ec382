"""python -m companion.commands.readme: write the pages, the examples' expected lines and the strip of pictures."""

from companion.commands import strip
from companion.commands.readme import DIGITS, reference, written
from paperlib.support.files import replacing

for path, new in written().items():
    with replacing(path) as temporary:
        temporary.write_text(new)
strip.write(reference(), DIGITS / "figures" / "strip.png")
