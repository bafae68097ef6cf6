"""Opens what it doesn't close, and closes what it didn't open."""

from markupsafe import Markup

from palabre.api import Manifest, hookimpl

manifest = Manifest(name="unclosed", title="Courant d’air", version="1.0", api=1, url="/courant")


@hookimpl
async def page_slot() -> list[Markup]:
    return [
        Markup("</div></main></body><section><h2>Ouvert <b>gras"),
        Markup("<table><tr><td>case<form action='/x'><textarea>"),
        Markup("<p onclick='x()'>Clic<script>alert(1)</script><!-- la suite"),
    ]
