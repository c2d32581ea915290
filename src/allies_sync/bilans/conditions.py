"""What a licence allows and asks for, said in the language of the bilan."""

from __future__ import annotations

from allies_sync.model.licence import Licence
from allies_sync.text.messages import _


def conditions(licence: Licence) -> str:
    """The end of a sentence about a masculine thing: « vous pouvez … »."""
    return {
        Licence.CC_BY_SA: _(
            "le partager et l'adapter, même à des fins commerciales, en citant ses auteur·ices et en diffusant vos "
            "adaptations sous la même licence"
        ),
        Licence.CC_BY: _("le partager et l'adapter, même à des fins commerciales, en citant ses auteur·ices"),
        Licence.CC_BY_NC_SA: _(
            "le partager et l'adapter sans but commercial, en citant ses auteur·ices et en diffusant vos adaptations "
            "sous la même licence"
        ),
        Licence.CC_BY_ND: _("le partager sans le modifier, même à des fins commerciales, en citant ses auteur·ices"),
        Licence.CC0: _("l'utiliser librement, sans aucune condition"),
    }[licence]
