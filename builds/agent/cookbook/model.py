"""The cookbook as a chat model: it answers with a recipe, and says so in every answer."""

import json
from collections.abc import Callable

from builds.agent.cookbook.library import PublicFunction, Recipe
from builds.agent.cookbook.matching import Match, NoMatch, find_recipe
from builds.agent.errors import AgentError, Cancelled
from builds.agent.examples import find_examples
from builds.agent.ports import IsCancelled
from builds.agent.talking import offline
from builds.agent.values import ModelReply, ModelRequest, Tree

NAME = "cookbook:recipes"
_PIECE_CHARACTERS = 200
_NOTICE = "This is a recipe from Agentsite's cookbook, not a model's answer."


class CookbookModel:
    """Answer by the request's purpose and inputs; the prompt's text is never read."""

    name = NAME

    def complete(
        self, request: ModelRequest, *, on_text: Callable[[str], None], is_cancelled: IsCancelled
    ) -> ModelReply:
        """Return the part of the fitting recipe that the purpose asks for.

        :raises AgentError: ``model.no_recipe``, or ``model.cannot_repair`` and ``model.cannot_extend`` because recipes
            are fixed.
        :raises Cancelled: the run was asked to stop.
        """
        if is_cancelled():
            raise Cancelled
        text = _answer(request)
        for start in range(0, len(text), _PIECE_CHARACTERS):
            if is_cancelled():
                raise Cancelled
            on_text(text[start : start + _PIECE_CHARACTERS])
        return ModelReply(text=text, model=self.name)


def _answer(request: ModelRequest) -> str:
    if request.purpose in offline.PURPOSES:
        return offline.reply(request.purpose, request.inputs)
    found = _found(request)
    if request.purpose in {"repair", "format"}:
        raise AgentError("model.cannot_repair", recipe="" if isinstance(found, NoMatch) else found.recipe.title("en"))
    if isinstance(found, NoMatch) and "earlier" in request.inputs:
        raise AgentError("model.cannot_extend")
    if isinstance(found, NoMatch):
        nearest = [{"name": recipe.name, "title": recipe.title("en")} for recipe in found.nearest]
        raise AgentError("model.no_recipe", nearest=nearest)
    match request.purpose:
        case "analyse":
            return _analysis(found.recipe)
        case "plan":
            return _plan(found.recipe)
        case "tests":
            return _files(found.recipe, found.recipe.tests)
        case _:
            return _files(found.recipe, found.recipe.code)


def _found(request: ModelRequest) -> Match | NoMatch:
    """Read a fork's requests together. Without an example of its own the new one could be ignored unnoticed."""
    requirements, language = (str(request.inputs.get(name, "")) for name in ("requirements", "language"))
    left_out = request.inputs.get("left_out")
    for placeholder in left_out if isinstance(left_out, list) else ():  # [e-mail 1] asks for no e-mail recipe
        requirements = requirements.replace(str(placeholder), "")
    if "earlier" not in request.inputs:
        return find_recipe(requirements, language)
    if not find_examples(requirements, language=language):
        return NoMatch(())
    return find_recipe(f"{request.inputs['earlier']}\n\n{requirements}", language)


def _analysis(recipe: Recipe) -> str:
    return _json(
        {
            "problem": recipe.description("en"),
            "interface": [_entry(function) for function in recipe.functions],
            "assumptions": [f"The request is for: {recipe.title('en')}.", _NOTICE],
            "questions": [],
            "risk": "low",
        }
    )


def _entry(function: PublicFunction) -> dict[str, object]:
    return {
        "module": function.module,
        "name": function.name,
        "signature": function.signature,
        "summary": function.summary,
        "errors": list(function.errors),
    }


def _plan(recipe: Recipe) -> str:
    return _json(
        {
            "files": [{"path": path, "purpose": recipe.description("en")} for path in recipe.code],
            "tests": [f"{function.name}: {function.summary}" for function in recipe.functions],
            "steps": ["Take the code from the cookbook.", "Take its tests from the cookbook.", "Run the tests."],
        }
    )


def _files(recipe: Recipe, tree: Tree) -> str:
    blocks = [f"```python {path}\n{text}```" for path, text in tree.items()]
    return "\n\n".join([f"From Agentsite's cookbook: the recipe “{recipe.title('en')}”.", *blocks]) + "\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
