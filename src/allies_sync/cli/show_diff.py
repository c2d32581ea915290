"""What differs between what is there and what the template would write."""

from __future__ import annotations

from collections.abc import Sequence

from allies_sync.cli.complaints import DONE
from allies_sync.cli.screen import result, say, show, styled
from allies_sync.cli.show_plan import choice_lines, heading, legend_lines
from allies_sync.engagements.content import difference
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.prepare import Preparation
from allies_sync.reconcile.wording import thing
from allies_sync.text.characters import clean_lines
from allies_sync.text.messages import _

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def show_differences(opened: Desk, preparation: Preparation, keys: Sequence[str]) -> int:
    """One after the other; only reads."""
    found = [difference(opened, preparation, key) for key in keys]
    result({"slug": preparation.slug, "differences": [{"id": it.item.key, "diff": it.text} for it in found]})
    show([heading(preparation.engagement.title, preparation.slug)])
    for it in found:
        say()
        if not it.text:
            say(_("  {thing} : aucune différence.").format(thing=thing(it.item)))
            continue
        say(_("  {thing} : « - » ce qui est en place, « + » ce que dit le modèle").format(thing=thing(it.item)))
        say()
        show(
            styled(line, _STYLES[line[0]]) if line[:1] in _STYLES else line
            for line in clean_lines(it.text).split("\n")
        )
        show(choice_lines(it.item, preparation.slug))
    show(legend_lines(it.item for it in found))
    return DONE
