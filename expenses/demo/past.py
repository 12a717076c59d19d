"""What was spent since the beginning of the year, and the budgets it came from.

Written at once, without the verbs: nobody is told of what is long past. The sums are those the
verbs would have left, which `manage.py ledger_check` confirms.
"""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from random import Random

from django.utils import timezone

from customers.demo.organisation import Person, Unit
from customers.demo.parts import Scene
from expenses.demo.words import PAST
from expenses.models import (
    Application,
    ApplicationCustomer,
    ApplicationLine,
    Budget,
    BudgetEntry,
    BudgetMove,
    Category,
    EntryKind,
    LedgerEntry,
    PayBy,
    Payment,
    Settlement,
)
from expenses.services.numbers import next_numbers
from expenses.states import State
from regions.models import Kind

COUNT = 180
ZERO, STEP, MORE = Decimal("0.00"), Decimal(1000), Decimal("1.15")
WEIGHTS = {
    "event": 34, "festive": 18, "family": 8, "compensation": 18, "gift": 12, "repair": 7,
    "survey": 3,
}  # fmt: skip
SHORT = "gift"  # of this the shown city has hardly anything left
PAPER_ONLY = "单据随纸质凭证归档。"
Key = tuple[int, int]  # unit, category


class Past:
    """Plans and writes the year of some projects and the budgets of their cities."""

    def __init__(self, scene: Scene, projects: list[Unit], customers: dict[int, list[int]]) -> None:
        self.scene, self.projects, self.customers = scene, projects, customers
        self.random = Random(scene.seed + 7)  # noqa: S311  invented data
        self.categories = {one.code: one for one in Category.objects.all()}
        self.today = timezone.localdate()
        self.spent: dict[Key, Decimal] = defaultdict(lambda: ZERO)
        self.budgets: dict[Key, Budget] = {}

    def write(self, finance: Person, head: Person) -> None:
        """Everything; `finance` booked it, `head` handed the budgets down."""
        planned = self._plan()
        self._write_budgets(head)
        self._write_papers(planned, finance)

    # --- the papers

    def _plan(self) -> list[tuple[Application, tuple[tuple[str, int, str], ...]]]:
        first = dt.date(self.today.year, 1, 5)
        span = max((self.today - first).days - 20, 1)
        days = sorted(first + dt.timedelta(days=self.random.randrange(span)) for _n in range(COUNT))
        found = []
        for day, number in zip(days, next_numbers(days), strict=True):
            project = self.random.choice(self.projects)
            code = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            title, lines = self.random.choice(PAST[code])
            paper = self._paper(day, number, project, code, title)
            paper.amount = sum((Decimal(price) * count for _t, count, price in lines), ZERO)
            if paper.state == State.SETTLED:
                paper.approved_amount = paper.paid_amount = paper.amount
                self.spent[paper.city_id or 0, paper.category_id] += paper.amount
            found.append((paper, lines))
        return found

    def _paper(
        self, day: dt.date, number: str, project: Unit, code: str, title: str
    ) -> Application:
        category, officer = self.categories[code], self.random.choice(project.officers)
        at = timezone.make_aware(dt.datetime.combine(day, dt.time(10, 30)))
        settled = self.random.random() < 0.93
        region, city, project_key = project.scope()
        paper = Application(
            number=number,
            category=category,
            applicant_id=officer.key,
            entered_by_id=officer.key,
            title=title,
            applied_on=day,
            event_on=day + dt.timedelta(days=7),
            state=State.SETTLED if settled else State.REJECTED,
            unit_id=project.key,
            region_id=region,
            city_id=city,
            project_id=project_key,
            submitted_at=at,
            ended_at=at + dt.timedelta(days=14),
            created_at=at,
        )
        if settled:
            paper.approved_at = at + dt.timedelta(days=2)
            if category.wants_evidence:
                paper.evidence_due_on = day + dt.timedelta(days=14)
                paper.evidence_done_at = at + dt.timedelta(days=10)
        return paper

    def _write_papers(
        self, planned: list[tuple[Application, tuple[tuple[str, int, str], ...]]], finance: Person
    ) -> None:
        for paper, _lines in planned:
            paper.budget = self._budget_of(paper)
        papers = Application.objects.bulk_create(paper for paper, _lines in planned)
        ApplicationLine.objects.bulk_create(
            ApplicationLine(
                application=paper,
                position=place,
                text=text,
                quantity=count,
                price=Decimal(price),
                amount=Decimal(price) * count,
            )
            for paper, (_p, lines) in zip(papers, planned, strict=True)
            for place, (text, count, price) in enumerate(lines)
        )
        ApplicationCustomer.objects.bulk_create(
            ApplicationCustomer(application=paper, customer_id=key)
            for paper in papers
            for key in self._some_customers(paper)
        )
        settled = [paper for paper in papers if paper.state == State.SETTLED]
        self._book(settled, finance)
        BudgetEntry.objects.bulk_create(
            BudgetEntry(
                budget=paper.budget,
                kind=BudgetMove.SPEND,
                spent=paper.amount,
                application=paper,
                by_id=finance.key,
                at=paper.ended_at or paper.created_at,
            )
            for paper in settled
            if paper.budget is not None
        )

    def _some_customers(self, paper: Application) -> list[int]:
        known = self.customers.get(paper.unit_id, [])
        return self.random.sample(known, min(len(known), self.random.choice((1, 1, 2, 3))))

    def _budget_of(self, paper: Application) -> Budget | None:
        return self.budgets.get((paper.city_id or 0, paper.category_id))

    def _book(self, papers: list[Application], finance: Person) -> None:
        def line(paper: Application, kind: str, **sums: Decimal) -> LedgerEntry:
            moment = paper.approved_at if kind == EntryKind.APPROVE else paper.ended_at
            at = moment or paper.created_at
            return LedgerEntry(
                application=paper,
                category_id=paper.category_id,
                kind=kind,
                booked_on=timezone.localdate(at),
                text=paper.title,
                by_id=finance.key,
                at=at,
                unit_id=paper.unit_id,
                region_id=paper.region_id,
                city_id=paper.city_id,
                project_id=paper.project_id,
                **sums,
            )

        LedgerEntry.objects.bulk_create(
            line(paper, EntryKind.APPROVE, approved=paper.amount) for paper in papers
        )
        paid = LedgerEntry.objects.bulk_create(
            line(paper, EntryKind.PAY, paid=paper.amount) for paper in papers
        )
        Payment.objects.bulk_create(
            Payment(
                application=paper,
                amount=paper.amount,
                paid_on=entry.booked_on,
                method=PayBy.TRANSFER,
                entry=entry,
                by_id=finance.key,
                at=entry.at,
            )
            for paper, entry in zip(papers, paid, strict=True)
        )
        Settlement.objects.bulk_create(
            Settlement(
                application=paper,
                approved=paper.amount,
                spent=paper.amount,
                receipts=ZERO,
                explanation=PAPER_ONLY,
                by_id=finance.key,
                at=paper.ended_at or paper.created_at,
            )
            for paper in papers
        )

    # --- the budgets

    def _write_budgets(self, head: Person) -> None:
        """From the cities upward: each unit gets what those below need and something more."""
        wanted: dict[Key, Decimal] = {}
        cities = {project.parent.key: project.parent for project in self.projects if project.parent}
        shown = self.projects[0].parent
        for city in cities.values():
            for category in self.categories.values():
                spent = self.spent[city.key, category.pk]
                amount = _rounded(spent * Decimal("1.25") + 9_000)
                if category.code == SHORT and city is shown:
                    amount = spent + 2_000
                wanted[city.key, category.pk] = amount
        regions = {city.parent.key: city.parent for city in cities.values() if city.parent}
        group = self.scene.organisation.of(Kind.GROUP)[0]
        by_region = self._handed(wanted, cities)
        for_regions = {key: _rounded(amount * MORE) for key, amount in by_region.items()}
        by_group = self._handed(for_regions, regions)
        for_group = {key: _rounded(amount * MORE) for key, amount in by_group.items()}
        tops = self._level([group], for_group, by_group, {}, head)
        middle = self._level(list(regions.values()), for_regions, by_region, tops, head)
        self._level(list(cities.values()), wanted, {}, middle, head)

    def _handed(self, wanted: dict[Key, Decimal], units: dict[int, Unit]) -> dict[Key, Decimal]:
        """What goes down from each unit above, by category."""
        found: dict[Key, Decimal] = defaultdict(lambda: ZERO)
        for (key, category), amount in wanted.items():
            parent = units[key].parent
            if parent is not None:
                found[parent.key, category] += amount
        return dict(found)

    def _level(
        self,
        units: list[Unit],
        allotted: dict[Key, Decimal],
        handed: dict[Key, Decimal],
        above: dict[Key, Budget],
        head: Person,
    ) -> dict[Key, Budget]:
        rows = {}
        for unit in units:
            region, city, project = unit.scope()
            for category in self.categories.values():
                key = (unit.key, category.pk)
                if key not in allotted:
                    continue
                parent = above.get((unit.parent.key if unit.parent else 0, category.pk))
                rows[key] = Budget(
                    unit_id=unit.key,
                    region_id=region,
                    city_id=city,
                    project_id=project,
                    year=self.today.year,
                    category=category,
                    parent=parent,
                    allotted=allotted[key],
                    handed_down=handed.get(key, ZERO),
                    spent=self.spent.get(key, ZERO),
                )
        Budget.objects.bulk_create(rows.values())
        self.budgets |= rows
        self._explain(rows, head, first=not above)
        return rows

    def _explain(self, rows: dict[Key, Budget], head: Person, *, first: bool) -> None:
        """The movements that made the columns."""
        at = timezone.make_aware(dt.datetime(self.today.year, 1, 4, 9, 0))  # noqa: DTZ001
        kind = BudgetMove.ALLOT if first else BudgetMove.HAND_DOWN
        made = [
            BudgetEntry(
                budget=row,
                kind=kind,
                allotted=row.allotted,
                other=row.parent,
                by_id=head.key,
                at=at,
            )
            for row in rows.values()
        ]
        made += [
            BudgetEntry(
                budget=row.parent,
                kind=BudgetMove.HAND_DOWN,
                handed_down=row.allotted,
                other=row,
                by_id=head.key,
                at=at,
            )
            for row in rows.values()
            if row.parent is not None
        ]
        BudgetEntry.objects.bulk_create(made)


def _rounded(amount: Decimal) -> Decimal:
    """Up to the next thousand."""
    return (amount / STEP).to_integral_value("ROUND_CEILING") * STEP
