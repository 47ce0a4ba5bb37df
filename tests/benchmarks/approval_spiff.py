"""SpiffWorkflow doing the same: a BPMN process with one user task, created, kept and completed.

Its documentation keeps a workflow as what `BpmnWorkflowSerializer` makes of it, which says the
process again in every instance: `Documented`. Where processes do not change, the process can stay
in memory: `Lean` does so, and is the faster. Both keep one row an instance in SQLite, as durably as
placet does; neither has a log, or looks at who completes the task.
"""

import sqlite3
import uuid
from pathlib import Path
from typing import Any

from approval_engine import JUSTIFICATION, arguments_of
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs import BpmnProcessSpec

__all__ = ["Documented", "Lean"]

_PROCESS = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="payments"
    targetNamespace="http://example.com/payments">
  <process id="payment" isExecutable="true">
    <startEvent id="asked"><outgoing>to_review</outgoing></startEvent>
    <sequenceFlow id="to_review" sourceRef="asked" targetRef="review"/>
    <userTask id="review" name="Review">
      <incoming>to_review</incoming><outgoing>to_end</outgoing>
    </userTask>
    <sequenceFlow id="to_end" sourceRef="review" targetRef="approved"/>
    <endEvent id="approved"><incoming>to_end</incoming></endEvent>
  </process>
</definitions>
"""


class Documented:
    """Instances as the documentation keeps them; ":memory:" is a path too."""

    def __init__(self, path: Path | str) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(_PROCESS)
        self._spec = parser.get_spec("payment")
        self._serializer = BpmnWorkflowSerializer(self.registry(self._spec))
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._run = run = self._connection.execute
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        run("CREATE TABLE instance (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID")

    def registry(self, spec: Any) -> Any:
        """What turns the parts of a workflow into JSON-like values and back."""
        return BpmnWorkflowSerializer.configure()

    def round(self, number: int) -> None:
        """Start an instance and keep it; then read it again, complete its task and keep it."""
        workflow = BpmnWorkflow(self._spec)
        start = workflow.get_next_task(state=TaskState.READY)
        start.data.update(
            requester="user:sam",
            permission="invoice.pay",
            resource=f"invoice:{number}",
            arguments=arguments_of(number),
            justification=JUSTIFICATION,
        )
        workflow.do_engine_steps()
        id = str(uuid.uuid4())
        self._run(
            "INSERT INTO instance VALUES (?, ?)", (id, self._serializer.serialize_json(workflow))
        )
        (state,) = self._run("SELECT state FROM instance WHERE id = ?", (id,)).fetchone()
        workflow = self._serializer.deserialize_json(state)
        task = workflow.get_next_task(state=TaskState.READY, manual=True)
        task.data.update(reviewer="user:dana", verdict="approve", comment="Looks right.")
        task.run()
        workflow.do_engine_steps()
        assert workflow.is_completed(), "one task is enough"
        self._run(
            "UPDATE instance SET state = ? WHERE id = ?",
            (self._serializer.serialize_json(workflow), id),
        )

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class Lean(Documented):
    """The same, without the process in every instance."""

    def registry(self, spec: Any) -> Any:
        """One in which the process goes by its name."""
        registry = super().registry(spec)
        registry.register(
            BpmnProcessSpec,
            lambda spec: {"name": spec.name},
            lambda dct: spec,
            typename=BpmnProcessSpec.__name__,
        )
        return registry
