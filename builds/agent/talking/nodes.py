"""What is done about a message, step by step."""

from collections.abc import Sequence

from builds.agent.attachments import attached_inputs
from builds.agent.errors import AgentError
from builds.agent.talking import offline, stated
from builds.agent.talking.asking import answered, structured
from builds.agent.talking.phrases import say
from builds.agent.talking.ports import Awaiting, TalkPorts
from builds.agent.talking.reading import named_in
from builds.agent.talking.state import TalkState
from builds.agent.talking.values import Brief, Decision, Intent, Outline, Reading, Reply, Target
from builds.agent.values import JsonDict


def read(state: TalkState, ports: TalkPorts) -> TalkState:
    """Read the message; write what it wants, and note what it states."""
    names = list(dict.fromkeys(build["name"] for build in ports.knowledge.builds()))
    inputs: JsonDict = {
        **_said(state),
        "waiting": state["waiting"],
        "busy": state["busy"],
        "planned": bool(state["outline"]),
        "names": list(names),
    }
    found = structured(ports, "read", inputs, Reading, tokens=ports.limits.reading_tokens)
    if found.named and not named_in(found.named, names):  # a name that nobody has is none
        found = found.model_copy(update={"named": "", "target": Target.LAST})
    found = found.model_copy(update={"facts": stated.fitting(found.facts, state["message"])})
    if found.facts and found.intent != Intent.REMEMBER:
        ports.desk.note(found.facts)
    ports.events.emit("message.read", found.model_dump(mode="json"))
    return TalkState(reading=found.model_dump(mode="json"))


def answer(state: TalkState, ports: TalkPorts) -> TalkState:
    """Answer from what the server knows: builds and their evidence, memory, facts, money."""
    builds, wanted = ports.knowledge.builds(), _reading(state)
    about = _meant(wanted, builds, failed=offline.wants_failed(state["message"])) if wanted.target else None
    inputs: JsonDict = {
        **_said(state),
        "intent": wanted.intent.value,
        "target": wanted.target.value,
        "builds": [{"mark": f"[B{number}]", **build} for number, build in enumerate(builds, 1)],
    }
    if wanted.intent == Intent.QUESTION:
        inputs |= {"spending": ports.knowledge.spending(), "facts": list(ports.knowledge.facts())}
        inputs["passages"] = [
            {"title": each.title, "text": each.text, "source": each.source}
            for each in ports.knowledge.passages(state["message"])
        ]
    if about is not None:
        inputs |= {"about": {**about}, "mark": f"[B{builds.index(about) + 1}]"}
        inputs["evidence"] = ports.knowledge.evidence(about["id"])
    reply = answered(ports, inputs, builds)
    if about is not None and not reply.get("links"):
        reply["links"] = [about["id"]]
    return TalkState(reply=reply)


def plan(state: TalkState, ports: TalkPorts) -> TalkState:
    """Show a plan that can be altered, after a no with what was given as its reason."""
    outline = _outlined(state, ports, reason=str(state.get("decision", {}).get("reason", "")))
    speech = state["speech"]
    lines = [say(speech, "planned", name=outline.project_name), "", outline.requirements, ""]
    if outline.files:
        lines.append(say(speech, "plan_files", files=", ".join(file.path for file in outline.files)))
    for title, rows in (("plan_steps", outline.steps), ("plan_questions", outline.questions)):
        lines += [say(speech, title), *(f"{number}. {row}" for number, row in enumerate(rows, 1))] if rows else []
    text = "\n".join([*lines, "", say(speech, "plan_ask")])
    ports.events.emit("plan.proposed", outline.model_dump(mode="json"))
    return TalkState(reply=Reply(text=text, outline=outline.model_dump(mode="json")))


def propose(state: TalkState, ports: TalkPorts) -> TalkState:
    """Say what would be built, with which model, and what it can cost at most."""
    wanted, builds = _reading(state), ports.knowledge.builds()
    parent = _meant(wanted, builds) if wanted.intent == Intent.CHANGE else None
    if wanted.intent == Intent.CHANGE and parent is None:
        return _ended(state, "no_parent")
    if wanted.intent == Intent.APPROVE:
        outline = Outline.model_validate(state["outline"])
    else:
        outline = _outlined(state, ports, parent=parent["name"] if parent else "")
    try:
        proposal = ports.desk.propose(outline, programming=wanted.programming, parent=parent["id"] if parent else "")
    except AgentError as error:
        if error.code != "job.no_files":
            raise
        return _ended(state, "parent_without_files", name=parent["name"] if parent else "")
    ports.events.emit("proposal.made", {**proposal})
    return TalkState(proposal=proposal)


def wait(state: TalkState, ports: TalkPorts) -> TalkState:
    """Take the answer to the proposal; while there is none, the job steps aside.

    :raises Awaiting: nobody has answered.
    """
    decision = ports.desk.decision(state["proposal"])
    if decision is None:
        raise Awaiting(state["proposal"])
    told: JsonDict = {"status": decision.status, "reason": decision.reason, "changes": decision.changes}
    return TalkState(decision=told)


def start(state: TalkState, ports: TalkPorts) -> TalkState:
    """Begin what was approved."""
    proposal, decision = state["proposal"], Decision(**state["decision"])
    build = ports.desk.start(proposal, decision.changes)
    name = str(decision.changes.get("project_name") or proposal["project_name"])
    text = say(state["speech"], f"started_{proposal['action']}", name=name, parent=proposal["parent_name"])
    return TalkState(build=build, reply=Reply(text=text, links=[build]))


def closing(state: TalkState, ports: TalkPorts) -> TalkState:  # noqa: ARG001  a node
    """Say that nothing comes of a proposal; when a newer one took its place, that one says enough."""
    status = str(state["decision"]["status"])
    if status == "superseded":
        return TalkState(reply=Reply(text=""))
    ended = _ended(state, status)
    if status == "expired":  # a late yes can still mean it
        proposal = state["proposal"]
        ended["reply"]["outline"] = {
            "project_name": proposal["project_name"],
            "requirements": proposal["requirements"],
        }
    return ended


def settle(state: TalkState, ports: TalkPorts) -> TalkState:
    """Give the answer to what waits in this conversation."""
    is_yes = _reading(state).intent == Intent.APPROVE
    reason = "" if is_yes or len(state["message"].split()) <= _BARE_WORDS else state["message"]
    if not ports.desk.decide(approve=is_yes, reason=reason):
        return _ended(state, "nothing_waits")
    return _ended(state, "approved" if is_yes else "rejected")


def act(state: TalkState, ports: TalkPorts) -> TalkState:
    """Stop what runs, or keep what is to be kept."""
    wanted, message = _reading(state), state["message"]
    if wanted.intent == Intent.REMEMBER:
        among = " ".join([*wanted.facts, *stated.asked_inside(message)])
        said = stated.asked(message) if stated.is_asked_for(message) else among or message
        refused = ports.desk.remember(said)
        return _ended(state, "not_remembered", reason=refused) if refused else _ended(state, "remembered")
    names, was_waiting = ports.desk.stop()
    if names:
        return _ended(state, "stopped", names="”, “".join(names))
    return _ended(state, "stopped_proposal" if was_waiting else "nothing_runs")


_BARE_WORDS = 2
"""A no of so few words gives no reason."""
_SAID = 2_000
"""Characters that are shown of each earlier message."""


def _said(state: TalkState) -> JsonDict:
    history = "\n\n".join(f"{turn['role']}: {turn['content'][:_SAID]}" for turn in state["history"])
    said: JsonDict = {"message": state["message"], "speech": state["speech"], "history": history}
    return said | attached_inputs(state.get("attachments", ()))


def _outlined(state: TalkState, ports: TalkPorts, *, parent: str = "", reason: str = "") -> Outline:
    inputs = _said(state)
    earlier = state["proposal"] if "proposal" in state else state["outline"]
    wants_new = _reading(state).intent in {Intent.BUILD, Intent.CHANGE} and "proposal" not in state
    if earlier and not wants_new:
        inputs["previous"] = {name: earlier[name] for name in ("project_name", "requirements")}
    if reason:
        inputs["reason"] = reason
    if parent:
        inputs["parent"] = parent
    return structured(ports, "outline", inputs, Outline, tokens=ports.limits.outline_tokens)


def _meant(wanted: Reading, builds: Sequence[Brief], *, failed: bool = False) -> Brief | None:
    """Return the build that is meant: by its name, or the newest, of this conversation before all others."""
    if wanted.target == Target.NAMED:
        found = [build for build in builds if build["name"].lower() == wanted.named.lower()]
    else:
        found = sorted(builds, key=lambda build: not build["in_conversation"])
    gone_wrong = [build for build in found if build["status"] == "failed"] if failed else []
    return next(iter(gone_wrong or found), None)


def _reading(state: TalkState) -> Reading:
    return Reading.model_validate(state["reading"])


def _ended(state: TalkState, phrase: str, **words: object) -> TalkState:
    return TalkState(reply=Reply(text=say(state["speech"], phrase, **words)))
