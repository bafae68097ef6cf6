"""The administrator's page that answers why somebody may do something."""

from starlette.requests import Request
from starlette.responses import Response

from palabre.errors import Refused
from palabre.explaining import domain
from palabre.web.site import form_of
from palabre.web.templates import render

FIELDS = ("account", "action", "address")
MAX_TYPED = 500


async def explain(request: Request) -> Response:
    """GET shows the question, POST the answer; an account's address never stands in a URL."""
    values = dict.fromkeys(FIELDS, "")
    context: dict[str, object] = {"values": values, "faults": {}, "question": None}
    context["actions"] = domain.actions()
    if request.method == "GET":
        values["address"] = request.query_params.get("objet", "")[:MAX_TYPED]
        return render(request, "explaining/page.html", context)
    form = await form_of(request)
    values |= {name: str(form.get(name) or "")[:MAX_TYPED] for name in FIELDS}
    try:
        question = await domain.ask(values["account"], values["address"])
        context |= {
            "question": question,
            "answers": await domain.answers(question, values["action"]),
        }
    except Refused as refused:
        context["faults"] = {refused.field or "": refused.message}
        return render(request, "explaining/page.html", context, status=422)
    return render(request, "explaining/page.html", context, headers={"cache-control": "no-store"})
