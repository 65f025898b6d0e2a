"""The page about the workflow says what the table says."""

from pathlib import Path

from gezhi.cases.documentation import workflow_markdown
from gezhi.cases.workflow import ACTIONS, RELATIONS, RESUMED, STATES, TASKS, VERIFICATIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "workflow.md"
AGAIN = "docs/workflow.md is stale; run: python -m gezhi.cases.documentation > docs/workflow.md"


def test_the_page_in_docs_is_the_one_made_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == workflow_markdown(), AGAIN


def test_C1_every_action_state_task_and_mode_is_on_the_page_in_both_languages() -> None:
    page = workflow_markdown()
    for key, action in ACTIONS.items():
        assert f"| `{key}` {action.name} {action.name_en} |" in page
        for relation in action.by:
            assert f"{RELATIONS[relation].name} {RELATIONS[relation].name_en}" in page
    for key, state in STATES.items():
        assert f"| `{key}` | {state.name} {state.name_en}" in page
        assert f"{state.resident} · {state.resident_en}" in page
    for key, words in TASKS.items():
        assert f"| `{key}` | {' '.join(words)} |" in page
    for key, mode in VERIFICATIONS.items():
        assert f"| `{key}` | {mode[0]} {mode[1]} |" in page


def test_C1_the_diagram_has_an_arrow_for_every_move_but_those_back_to_where_it_was() -> None:
    diagram = workflow_markdown().split("```")[1]
    arrows = [line.strip() for line in diagram.splitlines() if "-->" in line]
    for action in ACTIONS.values():
        for source in action.sources or ("[*]",):
            arrow = f"{source} --> {action.target}: {action.name} {action.key}"
            assert (arrow in arrows) == (action.target not in (None, RESUMED))
