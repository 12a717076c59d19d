"""A process of its own that agrees to a paper; tests kill it: `python -m tests.approvals.decide
TASK PERSON KEY`. It prints the state of the approval, or the sentence that refuses."""

import sys


def main() -> None:
    """Decide as the page does."""
    import django

    django.setup()
    from accounts.models import User
    from approvals.models import Task
    from approvals.services import approve
    from core.errors import Refused
    from tests.approvals.flows import registered

    task, person, key = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with registered():
        row = Task.objects.select_related("step__approval").get(pk=task)
        try:
            sys.stdout.write(
                f"{approve(row, by=User.objects.get(pk=person), request_key=key).state}"
            )
        except Refused as problem:
            sys.stdout.write(f"{type(problem).__name__}: {problem}")


if __name__ == "__main__":
    main()
