"""The permission matrix: who gets what at every address.

A row is an act; its columns are people. 200 the page, 302 done (or, for strangers, the front door),
403 without the right, 404 for what lies out of reach, 405 for the wrong method, 422 for a form
that is refused. The columns:

door      nobody signed in; somebody frozen; somebody who has left
none      people who may do nothing: no grant, a grant that ended today, one that begins tomorrow
staff     业务人员 of the northern project, reach "own records"
head      版块负责人 of the northern region
keeper    版块管理员 of the northern city
boss, reader, admin    集团管理层, 集团职能, 系统管理员 of the group
s.staff, s.head        the same roles of the southern branch, to whom the north must not exist

Adding an address without adding its row turns tests/access/test_surface.py red.
"""

from dataclasses import dataclass, field

COLUMNS = (
    "door", "none", "staff", "head", "keeper", "boss", "reader", "admin", "s.staff", "s.head"
)  # fmt: skip
ADMIN_COLUMNS = ("door", "none", "staff", "head", "boss", "admin", "local", "s.local")


@dataclass(frozen=True, slots=True)
class Row:
    """One act: method, address, arguments and data, statuses. "@name" is a record of the scene."""

    method: str
    route: str
    expected: str
    args: tuple[str, ...] = ()
    data: dict[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = COLUMNS

    def __str__(self) -> str:
        return f"{self.method} {self.route} {' '.join(self.args)}".strip()

    def statuses(self) -> dict[str, int]:
        """Column → status."""
        return dict(zip(self.columns, map(int, self.expected.split()), strict=True))


PAPER_READERS = "302  403  200  200  200  200  200  403  200  200"
PAPER_WRITERS = "302  403  200  200  200  403  200  403  200  200"
PAPER_HERE = "302  403  200  200  200  200  200  403  404  404"
PAPER_APPLICANT = "302  403  200  403  403  403  403  403  404  404"
PAPER_DROPPED = "302  403  302  403  403  403  403  403  404  404"
PAPER_EXPORTER = "302  403  403  200  404  404  404  403  403  404"
CASHIER = "302  403  403  403  403  403  200  403  403  403"
EVERYBODY = "200  200  200  200  200  200  200  200  200  200"
NO_TOKEN = "401  401  401  401  401  401  401  401  401  401"
TOKEN_MAKERS = "302  403  403  403  200  403  200  200  403  403"
SIGNED_IN = "302  200  200  200  200  200  200  200  200  200"
VIEWERS = "302  403  200  200  200  200  200  200  200  200"
TAKERS = "302  403  200  200  200  200  403  403  200  200"
RULE_READERS = "302  403  403  200  200  200  200  200  403  200"
IN_NORTH = "302  403  200  200  200  200  200  200  404  404"
UPLOADER = "302  403  200  404  404  403  404  404  404  404"
EXPORTER = "302  403  200  404  404  404  403  403  404  404"
KEEPERS = "302  403  200  200  200  403  403  403  200  200"
KEEPERS_HERE = "302  403  200  200  200  403  403  403  404  404"
KEEPERS_DO = "302  403  302  302  302  403  403  403  404  404"
HEADS_HERE = "302  403  404  200  200  403  403  403  404  404"
OPERATOR = "302  403  403  403  403  403  403  200  403  403"
OPERATOR_DOES = "302  403  403  403  403  403  403  302  403  403"
HEADS_DO = "302  403  404  302  302  403  403  403  404  404"

BUILDERS = "302  403  403  200  200  200  200  403  403  200"
BUILDER_HERE = "302  403  403  200  404  404  404  403  403  404"
SAVED_HERE = "302  403  404  200  404  404  404  403  404  404"
STANDARD_SENDERS = "302  403  403  200  200  200  200  403  403  200"
TEMPLATE_KEEPERS = "302  403  403  403  403  403  200  200  403  403"
REPORT_EXPORTER = "302  403  200  404  404  404  404  403  404  404"
ANSWER_READERS = "302  403  403  200  200  200  200  403  403  404"
ANSWER_KEEPERS = "302  403  403  403  200  403  200  403  403  403"
NOBODY_ELSES = "302  403  403  404  404  404  404  403  403  404"
CASE_READERS = "302  403  200  200  200  200  200  403  200  200"
FIGURE_READERS = "302  403  200  200  200  200  200  403  200  200"
SCORERS = "302  403  403  403  200  403  200  403  403  403"
TARGETS_HERE = "302  403  403  200  200  200  200  403  403  404"
TARGET = {"year": "2026", "figure": "mean"}
REPORT_HERE = "302  403  200  200  200  200  200  403  404  404"
REPORT_ACTS = "302  403  403  302  302  302  302  403  403  404"
CASE_HERE = "302  403  404  200  200  200  200  403  404  404"
MAILS_HERE = "302  403  404  200  200  403  403  403  404  404"
CASE_TAKERS = "302  403  200  200  200  403  403  403  200  200"
LEADERS_HERE = "302  403  403  200  200  403  403  200  403  404"
LEADERS_DO = "302  403  403  302  302  403  403  302  403  404"
CASE_WORKERS = "302  403  200  200  200  403  403  403  404  404"
CASE_WORK = "302  403  302  302  302  403  403  403  404  404"
CASE_SEEN = "302  403  200  200  200  200  200  403  404  404"
ASSIGNERS = "302  403  403  200  200  403  403  403  403  200"
TICKED = "302  403  403  200  404  404  403  403  403  404"
GROUP_KEEPER = "302  403  403  403  403  403  403  200  403  403"
BRANCH_KEEPER = "302  403  403  403  200  403  403  200  403  403"
SURVEYORS = "302  403  403  403  200  403  200  403  403  403"
SURVEYORS_DO = "302  403  403  403  302  403  302  403  403  403"
SURVEY_FILE = "302  403  403  403  200  403  404  403  403  403"
# Questionnaires belong to the group: the administrator of a branch makes no own ones.
QUESTIONERS = "302  403  403  403  403  403  200  403  403  403"
QUESTIONERS_DO = "302  403  403  403  403  403  302  403  403  403"

MONEY_READERS = "302  403  403  200  200  200  200  403  403  200"
MONEY_TAKERS = "302  403  403  302  302  302  302  403  403  302"
MONEY_HERE = "302  403  403  200  200  200  200  403  403  404"
MONEY_MARKS = "302  403  403  302  302  302  302  403  403  404"
ALLOTTERS = "302  403  403  200  200  403  200  403  403  404"
ALLOTTERS_DO = "302  403  403  302  302  403  302  403  403  404"
EVENT_KEEPERS = "302  403  200  200  200  403  200  403  200  200"
EVENT_KEEPERS_HERE = "302  403  200  200  200  403  200  403  404  404"
EVENT_KEEPERS_DO = "302  403  302  302  302  403  302  403  404  404"
KINDS_OF_MONEY = "302  403  403  403  403  403  200  200  403  403"

TARGET_SETTERS = "302  403  403  200  200  200  200  403  403  200"
DEALS_SEEN = "302  403  404  200  200  200  200  403  404  404"
MERGERS_HERE = "302  403  403  200  200  403  403  403  403  404"

FIRM_SEEN = "302  403  404  200  200  200  200  200  404  404"
FIRM_TAKERS = "302  403  404  200  200  200  403  403  404  404"
ASSESSORS = "302  403  403  200  200  403  403  403  403  404"


def untyped(statuses: str) -> str:
    """What an empty form gets where the same people may open it."""
    return statuses.replace("200", "422")


PAGES = (
    #                                 door none staff head keep boss read adm s.st s.hd
    Row("GET", "healthz", EVERYBODY),
    Row("POST", "set_language", "302  302  302  302  302  302  302  302  302  302",
        data={"language": "en"}),
    Row("GET", "accounts:login", "200  302  302  302  302  302  302  302  302  302"),
    Row("GET", "accounts:logout", EVERYBODY),
    Row("POST", "accounts:logout", "302  302  302  302  302  302  302  302  302  302"),
    Row("GET", "accounts:set-password", "410  410  410  410  410  410  410  410  410  410",
        args=("no-such-key",)),
    Row("GET", "accounts:settings", SIGNED_IN),
    Row("POST", "accounts:settings", "302  302  302  302  302  302  302  302  302  302",
        data={"language": "en"}),
    Row("GET", "accounts:password", SIGNED_IN),
    Row("POST", "accounts:password", "302  422  422  422  422  422  422  422  422  422",
        data={"current": "wrong"}),
    Row("GET", "accounts:verify", "302  302  302  302  302  302  302  302  302  302"),
    Row("GET", "accounts:verify-passkey", "409  409  409  409  409  409  409  409  409  409"),
    Row("GET", "accounts:login-passkey", EVERYBODY),
    Row("POST", "accounts:login-passkey", "302  302  302  302  302  302  302  302  302  302"),
    Row("GET", "accounts:again", SIGNED_IN),
    Row("POST", "accounts:again", "302  422  422  422  422  422  422  422  422  422",
        data={"password": "wrong"}),
    Row("GET", "accounts:again-passkey", SIGNED_IN),
    Row("GET", "accounts:stay", SIGNED_IN),
    Row("POST", "accounts:stay", SIGNED_IN),
    Row("GET", "accounts:devices", SIGNED_IN),
    Row("POST", "accounts:devices-end", "302  302  302  302  302  302  302  302  302  302"),
    Row("POST", "accounts:device-end", "302  404  302  404  404  404  404  404  404  404",
        args=("@clerk_device",)),
    Row("GET", "accounts:security", SIGNED_IN),
    Row("GET", "accounts:totp", SIGNED_IN),
    Row("POST", "accounts:totp", "302  422  422  422  422  422  422  422  422  422",
        data={"code": "1"}),
    Row("POST", "accounts:passkey", "302  302  302  302  302  302  302  302  302  302"),
    Row("GET", "accounts:passkey-options", SIGNED_IN),
    Row("POST", "accounts:recovery-codes", "302  302  200  302  302  302  302  302  302  302"),
    Row("POST", "accounts:factor-remove", "302  404  302  404  404  404  404  404  404  404",
        args=("@clerk_factor",)),
    Row("GET", "home", SIGNED_IN),
    Row("GET", "help", SIGNED_IN),
    Row("GET", "core:health", "302  403  403  403  403  403  403  200  403  403"),
    Row("GET", "core:jobs", "302  403  403  403  403  403  403  200  403  403"),
    Row("GET", "core:job", "302  403  403  403  403  403  403  200  403  403",
        args=("@job",)),
    Row("POST", "core:job-run", "302  403  403  403  403  403  403  302  403  403",
        args=("core.delete_old_jobs",)),
    Row("POST", "core:job-retry", "302  403  403  403  403  403  403  302  403  403",
        args=("@job",)),
    Row("POST", "core:job-stop", "302  403  403  403  403  403  403  302  403  403",
        args=("@job",)),
    Row("POST", "core:job-put-aside", "302  403  403  403  403  403  403  302  403  403",
        args=("@job",)),
    # --- cases
    Row("GET", "complaints:list", CASE_READERS),
    Row("GET", "complaints:board", CASE_READERS),
    Row("GET", "complaints:overdue", CASE_READERS),
    Row("GET", "complaints:call-backs", CASE_TAKERS),
    Row("GET", "complaints:desk", CASE_TAKERS),
    Row("GET", "complaints:intake", CASE_TAKERS),
    Row("POST", "complaints:intake", "302  403  422  422  422  403  403  403  422  422"),
    Row("POST", "complaints:intake-look-up", CASE_TAKERS, data={"find": "7101"}),
    Row("POST", "complaints:intake-proposal", CASE_TAKERS, data={"unit": "@project_code"}),
    Row("GET", "complaints:detail", "302  403  200  200  200  200  200  403  404  404",
        args=("@case",)),
    # A case that the clerk neither handles nor took in is not his to see.
    Row("GET", "complaints:detail", CASE_HERE, args=("@group_case",)),
    Row("GET", "complaints:clock", "302  403  200  200  200  200  200  403  404  404",
        args=("@case",)),
    Row("GET", "complaints:sheet", "302  403  200  200  200  200  200  403  404  404",
        args=("@case",)),
    Row("GET", "complaints:sheet-file", "302  403  200  200  200  200  200  403  404  404",
        args=("@case",)),
    Row("GET", "complaints:move", "302  403  200  200  200  403  403  403  404  404",
        args=("@case", "contact")),
    Row("POST", "complaints:move", "302  403  302  302  302  403  403  403  404  404",
        args=("@case", "contact"), data={"version": "@case_version", "text": "matrix"}),
    Row("GET", "complaints:move", "302  403  403  200  200  403  403  403  404  404",
        args=("@case", "assign")),
    Row("GET", "complaints:move", "302  403  403  200  200  200  403  403  404  404",
        args=("@case", "urge")),
    Row("GET", "complaints:class", "302  403  200  200  200  403  403  403  404  404",
        args=("@case",)),
    Row("POST", "complaints:class", "302  403  422  422  422  403  403  403  404  404",
        args=("@case",)),
    Row("GET", "complaints:people", "302  403  200  200  200  200  200  403  404  404",
        args=("@case",)),
    Row("POST", "complaints:people", "302  403  422  422  422  422  422  403  404  404",
        args=("@case",)),
    Row("POST", "complaints:person-remove", "302  403  302  302  302  403  403  403  404  404",
        args=("@case", "@case_person")),
    Row("POST", "complaints:watch", "302  403  302  302  302  302  302  403  404  404",
        args=("@case",)),
    # --- surveys: the closed loop, ratings after cases
    Row("GET", "satisfaction:loop", CASE_READERS),
    Row("POST", "satisfaction:loop-case", "302  403  404  302  302  403  403  403  404  404",
        args=("@low",)),
    Row("GET", "satisfaction:ratings", "302  403  403  200  200  200  200  403  403  200"),
    Row("GET", "complaints:urges", "302  403  403  200  200  200  403  403  403  200"),
    Row("GET", "complaints:ladders", "302  403  403  200  200  200  200  200  403  404",
        data={"unit": "@project_code"}),
    # What the whole group classes its cases by: read in a section, kept for all.
    Row("GET", "complaints:categories", BRANCH_KEEPER),
    Row("GET", "complaints:category-new", GROUP_KEEPER),
    Row("GET", "complaints:category", GROUP_KEEPER, args=("@category",)),
    Row("POST", "complaints:category-remove", OPERATOR_DOES, args=("@category",)),
    Row("GET", "complaints:level-new", GROUP_KEEPER),
    Row("GET", "complaints:level", GROUP_KEEPER, args=("@case_level",)),
    Row("POST", "complaints:level-remove", OPERATOR_DOES, args=("@case_level",)),
    Row("POST", "complaints:drop", "302  403  200  200  200  200  200  403  404  404",
        args=("@case",), data={"column": "registered"}),
    Row("POST", "complaints:reveal", "302  403  200  200  200  403  403  403  404  404",
        args=("@case", "@complainant"), data={"reason": "call-back"}),
    # The files of a case are its readers'; the clerk attached this one.
    Row("GET", "complaints:file", "302  403  200  200  200  200  200  403  404  404",
        args=("@case", "@case_file")),
    Row("GET", "complaints:file-thumb", "302  403  200  200  200  200  200  403  404  404",
        args=("@case", "@case_file")),
    Row("GET", "complaints:file-preview", "302  403  200  200  200  200  200  403  404  404",
        args=("@case", "@case_file")),
    Row("GET", "complaints:file", CASE_HERE, args=("@group_case", "@group_file")),
    Row("POST", "complaints:file-add", KEEPERS_DO, args=("@case",)),
    Row("GET", "complaints:file-edit", KEEPERS_HERE, args=("@case", "@case_file")),
    Row("POST", "complaints:file-edit", KEEPERS_DO, args=("@case", "@case_file"),
        data={"role": "after", "caption": "matrix"}),
    Row("GET", "complaints:file-remove", KEEPERS_HERE, args=("@case", "@case_file")),
    Row("POST", "complaints:file-remove", KEEPERS_DO, args=("@case", "@case_file")),
    # --- applications for money: the list, the form, one paper and what comes after its approval
    Row("GET", "expenses:applications", PAPER_READERS),
    Row("GET", "expenses:evidence", PAPER_READERS),
    Row("GET", "expenses:ledger", "302  403  403  200  200  200  200  403  403  200"),
    Row("GET", "expenses:new", PAPER_WRITERS),
    Row("POST", "expenses:new", "302  403  422  422  422  403  422  403  422  422"),
    Row("POST", "expenses:form-part", PAPER_WRITERS, args=("panel",)),
    Row("GET", "expenses:customer-choices", PAPER_WRITERS, data={"q": "matrix"}),
    Row("GET", "expenses:case-choices", PAPER_WRITERS, data={"q": "matrix"}),
    Row("POST", "expenses:export", "302  403  403  302  302  302  302  403  403  302"),
    Row("GET", "expenses:export-detail", PAPER_EXPORTER, args=("@paper_export",)),
    Row("GET", "expenses:export-file", PAPER_EXPORTER, args=("@paper_export",)),
    Row("GET", "expenses:detail", PAPER_HERE, args=("@paper",)),
    Row("GET", "expenses:edit", "302  403  200  409  409  403  409  403  404  404",
        args=("@paper_draft",)),
    Row("GET", "expenses:withdraw", PAPER_APPLICANT, args=("@paper_draft",)),
    Row("POST", "expenses:withdraw", untyped(PAPER_APPLICANT), args=("@paper_draft",)),
    Row("GET", "expenses:cancel", PAPER_APPLICANT, args=("@paper_draft",)),
    Row("POST", "expenses:cancel", PAPER_DROPPED, args=("@paper_draft",)),
    Row("GET", "expenses:payment", CASHIER, args=("@paper",)),
    Row("POST", "expenses:payment", untyped(CASHIER), args=("@paper",)),
    Row("GET", "expenses:refund", CASHIER, args=("@paper",)),
    Row("POST", "expenses:refund", untyped(CASHIER), args=("@paper",)),
    Row("GET", "expenses:call-off", CASHIER, args=("@paper",)),
    Row("POST", "expenses:call-off", untyped(CASHIER), args=("@paper",)),
    Row("GET", "expenses:settlement", CASHIER, args=("@paper",)),
    Row("POST", "expenses:settlement", untyped(CASHIER), args=("@paper",)),
    Row("GET", "expenses:payment-reverse", CASHIER, args=("@paper", "@paper_payment")),
    Row("POST", "expenses:payment-reverse", "302  403  403  403  403  403  302  403  403  403",
        args=("@paper", "@paper_payment"), data={"reason": "matrix"}),
    Row("GET", "expenses:proof", "302  403  200  200  200  403  200  403  404  404",
        args=("@paper",)),
    Row("POST", "expenses:evidence-add", "302  403  302  302  302  403  302  403  404  404",
        args=("@paper",)),
    Row("POST", "expenses:gifts-give", "302  403  403  302  302  403  302  403  403  404",
        args=("@paper",)),
    Row("POST", "expenses:reveal", CASHIER, args=("@paper", "account"),
        data={"reason": "call_back"}),
    Row("GET", "expenses:file", PAPER_HERE, args=("@paper", "evidence", "@paper_file")),
    Row("GET", "expenses:file-thumb", PAPER_HERE, args=("@paper", "evidence", "@paper_file")),
    Row("POST", "expenses:file-remove", "302  403  302  302  302  302  302  403  404  404",
        args=("@paper", "evidence", "@paper_file")),
    # --- cases: groups, patterns, public opinion, warnings, duty
    Row("GET", "complaints:note-new", CASE_WORKERS, args=("@case",)),
    Row("POST", "complaints:note-new", CASE_WORK, args=("@case",), data={"text": "matrix"}),
    Row("GET", "complaints:note", "302  403  200  404  404  403  403  403  404  404",
        args=("@case", "@note")),
    Row("POST", "complaints:note", "302  403  302  404  404  403  403  403  404  404",
        args=("@case", "@note"), data={"text": "matrix"}),
    Row("GET", "complaints:answer", CASE_WORKERS, args=("@case",)),
    Row("POST", "complaints:answer", CASE_WORK, args=("@case",),
        data={"channel": "sms", "text": "matrix"}),
    Row("GET", "complaints:cause", CASE_WORKERS, args=("@case",)),
    Row("POST", "complaints:cause", CASE_WORK, args=("@case",), data={"cause": "method"}),
    Row("GET", "complaints:cost-new", CASE_WORKERS, args=("@case",)),
    Row("POST", "complaints:cost-new", CASE_WORK, args=("@case",),
        data={"kind": "labour", "amount": "5", "bearer": "owner", "reason": "matrix"}),
    Row("POST", "complaints:cost-remove", CASE_WORK, args=("@case", "@cost")),
    Row("GET", "complaints:work-new", CASE_WORKERS, args=("@case",)),
    Row("POST", "complaints:work-new", CASE_WORK, args=("@case",),
        data={"title": "matrix", "crew": "matrix", "planned_from": "@soon",
              "planned_until": "@soon"}),
    Row("GET", "complaints:works", CASE_TAKERS),
    Row("GET", "complaints:work", CASE_SEEN, args=("@work",)),
    Row("GET", "complaints:work-edit", CASE_WORKERS, args=("@work",)),
    Row("POST", "complaints:work-edit", CASE_WORK, args=("@work",),
        data={"version": "1", "title": "matrix", "crew": "matrix", "planned_from": "@soon",
              "planned_until": "@soon"}),
    Row("GET", "complaints:work-move", CASE_WORKERS, args=("@work", "cancel")),
    Row("POST", "complaints:work-move", CASE_WORK, args=("@work", "start"),
        data={"version": "1"}),
    Row("POST", "complaints:work-file-add", "302  403  302  302  302  302  302  403  404  404",
        args=("@work",)),
    Row("POST", "complaints:part-new", CASE_WORK, args=("@work",),
        data={"name": "matrix", "quantity": "1", "unit_price": "2"}),
    Row("POST", "complaints:part-remove", CASE_WORK, args=("@work", "@part")),
    Row("GET", "complaints:contractors", ASSIGNERS),
    Row("GET", "complaints:contractor-new", ASSIGNERS),
    Row("POST", "complaints:contractor-new", "302  403  403  302  302  403  403  403  403  422",
        data={"unit": "@project_code", "name": "matrix 2", "is_active": "on"}),
    Row("GET", "complaints:contractor", "302  403  403  200  200  403  403  403  403  404",
        args=("@contractor",)),
    Row("POST", "complaints:contractor", "302  403  403  302  302  403  403  403  403  404",
        args=("@contractor",), data={"unit": "@project_code", "name": "matrix 3"}),
    Row("GET", "complaints:measures", CASE_READERS),
    Row("GET", "complaints:measure-new", CASE_TAKERS),
    Row("POST", "complaints:measure-new", "302  403  302  302  302  403  403  403  422  422",
        data={"unit": "@project_code", "text": "matrix", "owner": "@clerk_no", "due_on": "@soon"}),
    Row("GET", "complaints:measure", CASE_SEEN, args=("@measure",)),
    Row("POST", "complaints:measure", CASE_WORK, args=("@measure",),
        data={"act": "done", "result": "matrix"}),
    Row("GET", "complaints:answers", BRANCH_KEEPER),
    Row("GET", "complaints:answer-new", BRANCH_KEEPER),
    Row("POST", "complaints:answer-new", "302  403  403  403  302  403  403  302  403  403",
        data={"unit": "@project_code", "name": "matrix 2", "channel": "sms", "text": "matrix"}),
    Row("GET", "complaints:answer-template", BRANCH_KEEPER, args=("@template",)),
    Row("POST", "complaints:answer-template", "302  403  403  403  302  403  403  302  403  403",
        args=("@template",),
        data={"unit": "@project_code", "name": "matrix 3", "channel": "sms", "text": "matrix"}),
    Row("GET", "complaints:groups", CASE_READERS),
    Row("GET", "complaints:group", CASE_HERE, args=("@group_case",)),
    Row("POST", "complaints:group", "302  403  404  302  302  403  403  403  404  404",
        args=("@group_case",), data={"act": "statement", "text": "matrix"}),
    Row("GET", "complaints:group-new", "302  403  403  200  200  403  403  403  403  200",
        data={"cases": "@case_number"}),
    Row("POST", "complaints:group-new", "302  403  403  404  404  403  403  403  403  404"),
    Row("GET", "complaints:patterns", CASE_READERS),
    Row("GET", "complaints:opinions", CASE_READERS),
    Row("GET", "complaints:opinion-new", CASE_TAKERS),
    Row("POST", "complaints:opinion-new", "302  403  422  422  422  403  403  403  422  422",
        data={"title": "matrix"}),
    Row("GET", "complaints:opinion", CASE_HERE, args=("@opinion",)),
    Row("POST", "complaints:opinion", "302  403  404  302  302  403  403  403  404  404",
        args=("@opinion",), data={"act": "settle", "outcome": "matrix"}),
    Row("GET", "complaints:incoming", CASE_TAKERS),
    Row("GET", "complaints:incoming-mail", MAILS_HERE, args=("@mail",)),
    Row("POST", "complaints:incoming-mail", "302  403  404  302  302  403  403  403  404  404",
        args=("@mail",), data={"act": "dismiss", "reason": "spam"}),
    Row("GET", "complaints:incoming-file", MAILS_HERE, args=("@mail", "@mail_file")),
    # A mail to the group is nobody's in a branch.
    Row("GET", "complaints:incoming-mail", "302  403  404  404  404  403  403  403  404  404",
        args=("@group_mail",)),
    Row("GET", "complaints:warnings", CASE_READERS),
    Row("GET", "complaints:warning-new", CASE_TAKERS),
    Row("POST", "complaints:warning-new", "302  403  422  422  422  403  403  403  422  422",
        data={"content": "matrix"}),
    Row("GET", "complaints:warning-settle", "302  403  404  200  200  403  403  403  404  404",
        args=("@warning",)),
    Row("POST", "complaints:warning-settle", "302  403  404  302  302  403  403  403  404  404",
        args=("@warning",), data={"outcome": "matrix"}),
    Row("GET", "complaints:warning-case", "302  403  404  200  200  403  403  403  404  404",
        args=("@warning",)),
    Row("POST", "complaints:warning-case", "302  403  404  302  302  403  403  403  404  404",
        args=("@warning",), data={"name": "matrix", "channel": "visit"}),
    Row("GET", "complaints:summary", CASE_READERS),
    # --- waves: plan, cockpit, sample, invitations
    Row("GET", "satisfaction:plans", CASE_READERS),
    Row("GET", "satisfaction:plan-new", SURVEYORS),
    Row("POST", "satisfaction:plan-new", SURVEYORS_DO,
        data={"title": "matrix", "unit": "@project_code", "year": "2027", "month": "3",
              "questionnaire": "matrix", "responsible": "@clerk_no"}),
    Row("GET", "satisfaction:plan", "302  403  404  200  200  200  200  403  404  404",
        args=("@survey_plan",)),
    Row("GET", "satisfaction:plan-edit", SURVEYORS, args=("@survey_plan",)),
    Row("GET", "satisfaction:plan-remove", SURVEYORS, args=("@survey_plan",)),
    Row("POST", "satisfaction:plan-remove", SURVEYORS_DO, args=("@survey_plan",)),
    Row("GET", "satisfaction:plan-wave", SURVEYORS, args=("@survey_plan",)),
    Row("POST", "satisfaction:plan-wave", SURVEYORS_DO, args=("@survey_plan",),
        data={"code": "matrix-3"}),
    Row("GET", "satisfaction:waves", CASE_READERS),
    Row("GET", "satisfaction:wave-new", SURVEYORS),
    Row("POST", "satisfaction:wave-new", SURVEYORS_DO,
        data={"code": "matrix-4", "title": "matrix", "unit": "@project_code",
              "questionnaire": "matrix"}),
    Row("GET", "satisfaction:wave", CASE_SEEN, args=("@wave",)),
    Row("GET", "satisfaction:wave-nonresponse", CASE_SEEN, args=("@wave",)),
    Row("GET", "satisfaction:wave-edit", SURVEYORS, args=("@wave",)),
    Row("GET", "satisfaction:sample", SURVEYORS, args=("@wave",)),
    Row("POST", "satisfaction:sample-replace", SURVEYORS_DO, args=("@wave",)),
    Row("GET", "satisfaction:sample", SURVEYORS, args=("@planned_wave",)),
    Row("POST", "satisfaction:quotas-allocate", SURVEYORS_DO, args=("@planned_wave",),
        data={"total": "1"}),
    Row("POST", "satisfaction:quotas-save", SURVEYORS_DO, args=("@planned_wave",)),
    Row("GET", "satisfaction:sample-draw", SURVEYORS, args=("@planned_wave",)),
    Row("POST", "satisfaction:sample-draw", SURVEYORS_DO, args=("@planned_wave",)),
    Row("GET", "satisfaction:wave-open", SURVEYORS, args=("@planned_wave",)),
    Row("POST", "satisfaction:wave-open", SURVEYORS_DO, args=("@planned_wave",)),
    Row("POST", "satisfaction:wave-close", SURVEYORS_DO, args=("@wave",)),
    Row("GET", "satisfaction:asking", SURVEYORS, args=("@wave",)),
    Row("POST", "satisfaction:asking-start", SURVEYORS_DO, args=("@wave", "invite")),
    Row("POST", "satisfaction:links-new", SURVEYORS_DO, args=("@wave", "invite")),
    Row("GET", "satisfaction:wave-file", SURVEY_FILE, args=("@wave", "@links_file")),
    Row("GET", "satisfaction:wave-file-content", SURVEY_FILE, args=("@wave", "@links_file")),
    # --- questionnaires and indicators: whole-group matters
    Row("GET", "satisfaction:questionnaires", QUESTIONERS),
    Row("GET", "satisfaction:questionnaire-new", QUESTIONERS),
    Row("POST", "satisfaction:questionnaire-new", QUESTIONERS_DO,
        data={"kind": "demand", "title": "demand"}),
    Row("GET", "satisfaction:library", QUESTIONERS, args=("demand",)),
    Row("POST", "satisfaction:library", QUESTIONERS_DO, args=("demand",)),
    Row("GET", "satisfaction:questionnaire", QUESTIONERS, args=("@asked",)),
    Row("GET", "satisfaction:preview", QUESTIONERS, args=("@asked",)),
    Row("GET", "satisfaction:questionnaire-edit", QUESTIONERS, args=("@asked",)),
    Row("GET", "satisfaction:version-new", QUESTIONERS, args=("@asked",)),
    Row("GET", "satisfaction:version-texts", QUESTIONERS, args=("@asked",)),
    Row("POST", "satisfaction:version-texts", QUESTIONERS_DO, args=("@asked",),
        data={"intro": "matrix"}),
    Row("GET", "satisfaction:section-new", QUESTIONERS, args=("@asked",)),
    Row("GET", "satisfaction:section", QUESTIONERS, args=("@asked", "@asked_section")),
    Row("GET", "satisfaction:section-remove", QUESTIONERS, args=("@asked", "@asked_section")),
    Row("POST", "satisfaction:section-remove", QUESTIONERS_DO, args=("@asked", "@asked_section")),
    Row("POST", "satisfaction:section-move", QUESTIONERS_DO, args=("@asked", "@asked_section")),
    Row("GET", "satisfaction:item-new", QUESTIONERS, args=("@asked",)),
    Row("GET", "satisfaction:item", QUESTIONERS, args=("@asked", "@item")),
    Row("GET", "satisfaction:item-remove", QUESTIONERS, args=("@asked", "@item")),
    Row("POST", "satisfaction:item-remove", QUESTIONERS_DO, args=("@asked", "@item")),
    Row("POST", "satisfaction:item-move", QUESTIONERS_DO, args=("@asked", "@item"),
        data={"step": "up"}),
    Row("GET", "satisfaction:indicators", QUESTIONERS),
    Row("POST", "satisfaction:indicator-weights",
        "302  403  403  403  403  403  422  403  403  403"),
    Row("POST", "satisfaction:indicator-start", QUESTIONERS_DO),
    Row("GET", "satisfaction:indicator-new", QUESTIONERS),
    Row("GET", "satisfaction:indicator", QUESTIONERS, args=("@indicator",)),
    Row("POST", "satisfaction:indicator-move", QUESTIONERS_DO, args=("@indicator",)),
    Row("GET", "satisfaction:results", FIGURE_READERS),
    Row("GET", "satisfaction:heat-map", FIGURE_READERS),
    Row("GET", "satisfaction:compare", FIGURE_READERS),
    Row("GET", "satisfaction:methods", SIGNED_IN),
    Row("GET", "satisfaction:runs", SCORERS),
    Row("GET", "satisfaction:run", SCORERS, args=("@scoring_run",)),
    Row("GET", "satisfaction:scoring", SCORERS, args=("@scored_wave",)),
    Row("POST", "satisfaction:run-again", "302  403  403  403  302  403  302  403  403  403",
        data={"wave": "@scored_wave"}),
    Row("GET", "satisfaction:results-pdf", FIGURE_READERS),
    Row("GET", "satisfaction:results-workbook", FIGURE_READERS),
    Row("GET", "satisfaction:remarks", "302  403  403  200  200  200  200  403  403  200"),
    Row("GET", "satisfaction:targets", FIGURE_READERS),
    Row("GET", "satisfaction:target", TARGETS_HERE, args=("@project_code",), data=TARGET),
    Row("POST", "satisfaction:target", "302  403  403  404  404  404  404  403  403  404",
        args=("@project_code",), data={"value": "3.9"}),
    Row("GET", "satisfaction:reports", FIGURE_READERS),
    Row("POST", "satisfaction:report-new", "302  403  403  302  302  302  302  403  403  404",
        data={"wave": "@survey", "unit": "@project_code"}),
    Row("GET", "satisfaction:report", REPORT_HERE, args=("@report",)),
    Row("POST", "satisfaction:report", "302  403  404  404  404  404  404  403  404  404",
        args=("@report",), data={"summary": "好"}),
    Row("POST", "satisfaction:report-review", REPORT_ACTS, args=("@report",),
        data={"note": "好"}),
    Row("POST", "satisfaction:report-distribute", REPORT_ACTS, args=("@report",)),
    Row("POST", "satisfaction:report-renew", REPORT_ACTS, args=("@report",)),
    Row("GET", "satisfaction:report-pdf", REPORT_HERE, args=("@report",)),
    Row("GET", "satisfaction:report-workbook", REPORT_HERE, args=("@report",)),
    Row("GET", "complaints:summary-workbook", "302  403  200  200  200  200  403  403  200  200"),
    Row("POST", "complaints:export", "302  403  302  302  302  302  403  403  302  302"),
    Row("GET", "complaints:export-detail", EXPORTER, args=("@case_export",)),
    Row("GET", "complaints:export-file", EXPORTER, args=("@case_export",)),
    Row("GET", "complaints:roster", "302  403  200  200  200  200  200  403  404  404",
        data={"unit": "@project_code"}),
    Row("POST", "complaints:roster", "302  403  403  302  302  403  403  403  403  302",
        data={"act": "sheet", "phone": "027-1"}),
    Row("POST", "complaints:shift-remove", "302  403  403  302  302  403  403  403  403  404",
        args=("@shift",)),
    # --- drafts: one's own, whatever one's role; those of a form whoever may have the form
    Row("POST", "core:draft-save", CASE_TAKERS,
        data={"draft": "@draft", "draft_form": "complaints.intake"}),
    Row("POST", "core:draft-files", CASE_TAKERS,
        data={"draft": "@draft", "draft_form": "complaints.intake"}),
    Row("POST", "core:draft-drop", "302  302  302  302  302  302  302  302  302  302",
        args=("@draft",)),
    Row("GET", "core:draft-file", "302  404  200  404  404  404  404  404  404  404",
        args=("@draft_file",)),
    Row("POST", "core:draft-file-remove", "302  404  302  404  404  404  404  404  404  404",
        args=("@draft_file",)),
    # --- notices: one's own; the outbox and webhooks are the group's
    Row("GET", "core:notifications", SIGNED_IN),
    Row("GET", "core:notifications-count", SIGNED_IN),
    Row("GET", "core:notifications-latest", SIGNED_IN),
    Row("POST", "core:notifications-read", "302  302  302  302  302  302  302  302  302  302"),
    Row("GET", "core:notification-open", "302  404  302  404  404  404  404  404  404  404",
        args=("@notice",)),
    Row("POST", "core:notification-read", "302  404  302  404  404  404  404  404  404  404",
        args=("@notice",)),
    Row("GET", "core:notification-preferences", SIGNED_IN),
    Row("POST", "core:notification-preferences", "302  422  422  422  422  422  422  422  422  422",
        data={"digest_at": "never"}),
    Row("GET", "core:outbox", OPERATOR),
    Row("GET", "core:outbox-message", OPERATOR, args=("@message",)),
    Row("POST", "core:outbox-resend", OPERATOR_DOES, data={"pick": "@message"}),
    Row("POST", "core:outbox-confirm", OPERATOR_DOES, data={"pick": "@message"}),
    Row("POST", "core:outbox-cancel", OPERATOR_DOES, data={"pick": "@message"}),
    Row("GET", "api:schema", EVERYBODY),
    *(
        Row("GET", f"api:{name}", NO_TOKEN, args=args)
        for name, args in (
            ("cases", ()), ("case", ("@case",)), ("customers", ()), ("customer", ("@mine",)),
            ("units", ()), ("unit", ("1",)), ("staff", ()), ("properties", ()),
            ("property", ("1",)), ("activities", ()), ("activity", ("1",)),
            ("survey-waves", ()), ("survey-results", ("1",)), ("metrics", ()), ("figures", ()),
            ("series", ()),
        )
    ),
    Row("POST", "api:activities", NO_TOKEN),
    Row("GET", "api:nothing", NO_TOKEN, args=("none/",)),
    Row("POST", "api:cases", NO_TOKEN),
    Row("POST", "api:customers", NO_TOKEN),
    Row("POST", "api:numbers", NO_TOKEN, args=("@mine",)),
    Row("GET", "api:reference", TOKEN_MAKERS),
    Row("GET", "api:tokens", TOKEN_MAKERS),
    Row("GET", "api:token-new", TOKEN_MAKERS),
    Row("POST", "api:token-new", "302  403  403  403  422  403  422  422  403  403"),
    Row("POST", "api:token-revoke", "302  403  403  403  404  403  404  302  403  403",
        args=("@token",)),
    Row("GET", "core:webhooks", OPERATOR),
    Row("GET", "core:webhook-new", OPERATOR),
    Row("POST", "core:webhook-new", "302  403  403  403  403  403  403  422  403  403",
        data={"name": "W", "url": "http://127.0.0.1/", "kinds": "core.export_ready"}),
    Row("GET", "core:webhook", OPERATOR, args=("@target",)),
    Row("POST", "core:webhook-test", OPERATOR_DOES, args=("@target",)),
    Row("POST", "core:webhook-resend", OPERATOR_DOES, args=("@target",)),
    Row("GET", "core:webhook-secret", OPERATOR, args=("@target",)),
    Row("POST", "core:webhook-secret", OPERATOR, args=("@target",)),
    Row("GET", "core:webhook-delete", OPERATOR, args=("@target",)),
    Row("POST", "core:webhook-delete", OPERATOR_DOES, args=("@target",)),
    Row("GET", "styleguide", "302  403  403  403  403  403  403  200  403  403"),
    Row("GET", "search", SIGNED_IN),
    Row("POST", "search", "302  302  302  302  302  302  302  302  302  302", data={"q": "李"}),
    Row("POST", "search-quick", SIGNED_IN, data={"q": "李"}),
    Row("POST", "search-chosen", "302  204  204  204  204  204  204  204  204  204",
        data={"kind": "customers", "pk": "1"}),
    Row("POST", "search-forget", "302  302  302  302  302  302  302  302  302  302"),
    Row("GET", "unit-choices", SIGNED_IN),
    Row("GET", "people-choices", SIGNED_IN),
    # --- organisation and people
    Row("GET", "regions:units", VIEWERS),
    Row("GET", "regions:unit-children", VIEWERS),
    Row("GET", "regions:unit-children", IN_NORTH, data={"parent": "@project_code"}),
    Row("GET", "regions:unit", IN_NORTH, args=("@project_code",)),
    Row("GET", "accounts:people", VIEWERS),
    Row("GET", "accounts:person", IN_NORTH, args=("@clerk_no",)),
    # oneself, and who answers for the grants
    Row("GET", "accounts:person-access", "302  404  200  200  200  404  404  200  404  404",
        args=("@clerk_no",)),
    Row("GET", "accounts:stand-in", SIGNED_IN),
    Row("POST", "accounts:stand-in", "302  422  422  422  422  422  422  422  422  422"),
    Row("POST", "accounts:stand-in-end", "302  404  302  302  302  404  404  302  404  404",
        args=("@stand_in",)),
    Row("GET", "accounts:person-stand-in", LEADERS_HERE, args=("@clerk_no",)),
    Row("POST", "accounts:person-stand-in", "302  403  403  422  422  403  403  422  403  404",
        args=("@clerk_no",)),
    Row("GET", "accounts:person-hand-over", LEADERS_HERE, args=("@clerk_no",)),
    Row("POST", "accounts:person-hand-over", LEADERS_DO, args=("@clerk_no",),
        data={"cause": "sharing_out", "rule": "one", "to": "@keeper_no"}),
    Row("POST", "accounts:person-hand-over", "302  403  403  422  422  403  403  422  403  404",
        args=("@clerk_no",),
        data={"cause": "sharing_out", "rule": "one", "to": "@foreign_no"}),
    Row("GET", "accounts:receiver-choices", LEADERS_HERE, args=("@clerk_no",)),
    Row("GET", "accounts:person-leave", LEADERS_HERE, args=("@clerk_no",)),
    # the clerk still keeps customers
    Row("POST", "accounts:person-leave", "302  403  403  422  422  403  403  422  403  404",
        args=("@clerk_no",), data={"on": "2026-01-05"}),
    # a plan is its maker's
    Row("GET", "accounts:hand-over", "302  404  404  200  404  404  404  404  404  404",
        args=("@plan",)),
    Row("POST", "accounts:hand-over-do", "302  404  404  302  404  404  404  404  404  404",
        args=("@plan",)),
    Row("POST", "accounts:hand-over-undo", "302  404  404  302  404  404  404  404  404  404",
        args=("@moved",)),
    Row("GET", "accounts:grant-review", "302  403  403  200  200  403  403  200  403  200"),
    Row("POST", "accounts:grant-review", "302  403  403  422  422  403  403  422  403  422",
        data={"decision-999999999": "keep"}),
    Row("GET", "accounts:grant-review-export", "302  403  403  200  200  403  403  200  403  200"),
    Row("POST", "accounts:person-sign-out", "302  403  403  403  403  403  403  302  403  403",
        args=("@clerk_no",)),
    Row("GET", "accounts:person-reset-factors", "302  403  403  403  403  403  403  200  403  403",
        args=("@clerk_no",)),
    Row("POST", "accounts:person-reset-factors", "302  403  403  403  403  403  403  302  403  403",
        args=("@clerk_no",), data={"reason": "手机遗失，已当面核实"}),
    # --- rules: read by those who answer for units, set in the branches of administrators
    Row("GET", "regions:policies", RULE_READERS),
    Row("GET", "regions:policies", "302  403  403  200  200  200  200  200  403  404",
        data={"unit": "@project_code"}),
    Row("GET", "regions:policy", RULE_READERS, args=("complaints.first_response",)),
    Row("GET", "regions:policy", "302  403  403  200  200  200  200  200  403  404",
        args=("complaints.first_response",), data={"unit": "@project_code"}),
    Row("GET", "regions:policy", "302  403  403  404  404  404  404  404  403  404",
        args=("no.such_rule",)),
    Row("GET", "regions:policy-change", "302  403  403  403  200  403  403  200  403  403",
        args=("complaints.first_response",)),
    # only the group has a value of it
    Row("GET", "regions:policy-change", "302  403  403  403  409  403  403  200  403  403",
        args=("accounts.idle_minutes",)),
    Row("POST", "regions:policy-change", "302  403  403  403  422  403  403  422  403  403",
        args=("complaints.first_response",)),
    # --- working calendars: read by everybody; those of the group are changed by its administrator,
    # what a unit uses by its own branch's
    Row("GET", "regions:calendars", SIGNED_IN),
    Row("GET", "regions:calendar", SIGNED_IN, args=("@calendar",)),
    Row("GET", "regions:unit-calendar", "302  404  200  200  200  200  200  200  404  404",
        args=("@project_code",)),
    Row("GET", "regions:calendar-explain", SIGNED_IN),
    Row("GET", "regions:calendar-explain", "302  422  200  200  200  200  200  200  422  422",
        data={"unit": "@project_code", "start": "2026-02-13T09:00", "hours": "24"}),
    *(
        Row("GET", f"regions:{page}", GROUP_KEEPER, args=args)
        for page, args in (
            ("calendar-new", ()),
            ("calendar-change", ("@calendar",)),
            ("calendar-hours", ("@calendar",)),
            ("calendar-remove", ("@calendar",)),
            ("calendar-week-remove", ("@calendar_week",)),
            ("public-days", ()),
            ("public-day-remove", ("@public_day",)),
        )
    ),
    Row("POST", "regions:public-days", "302  403  403  403  403  403  403  302  403  403",
        data={"lines": "2027-01-01 元旦 放假"}),
    Row("POST", "regions:calendar-week-remove", "302  403  403  403  403  403  403  422  403  403",
        args=("@calendar_week",)),
    Row("GET", "regions:calendar-use-new", BRANCH_KEEPER),
    Row("POST", "regions:calendar-use-new", "302  403  403  403  302  403  403  302  403  403",
        data={"unit": "@project_code", "calendar": "@calendar", "valid_from": "2026-05-01"}),
    Row("GET", "regions:calendar-use-remove", BRANCH_KEEPER, args=("@calendar_use",)),
    Row("GET", "regions:calendar-exception-new", BRANCH_KEEPER),
    # for a calendar, which others use as well
    Row("POST", "regions:calendar-exception-new",
        "302  403  403  403  422  403  403  302  403  403",
        data={"calendar": "@calendar", "first_day": "2026-05-01", "reason": "停电"}),
    Row("GET", "regions:calendar-exception-remove", BRANCH_KEEPER, args=("@calendar_exception",)),
    # --- changes of the organisation
    Row("GET", "regions:changes", "302  403  403  200  200  200  200  200  403  200"),
    Row("GET", "regions:change-kinds", "302  403  403  403  200  403  403  200  403  403"),
    Row("GET", "regions:change-new", "302  403  403  403  200  403  403  200  403  403",
        args=("rename",)),
    Row("POST", "regions:change-new", "302  403  403  403  302  403  403  302  403  403",
        args=("rename",), data={"unit": "@project_code", "name": "新名", "reason": "更名",
                                "effective_on": "@soon"}),
    Row("GET", "regions:change", "302  403  403  200  200  200  200  200  403  404",
        args=("@change",)),
    Row("GET", "regions:change-edit", "302  403  403  403  200  403  403  200  403  403",
        args=("@change",)),
    Row("POST", "regions:change-edit", "302  403  403  403  302  403  403  302  403  403",
        args=("@change",), data={"unit": "@project_code", "name": "新名", "reason": "更名",
                                 "effective_on": "@soon"}),
    Row("GET", "regions:change-act", "302  403  403  403  200  403  403  200  403  404",
        args=("@change", "propose")),
    Row("POST", "regions:change-act", "302  403  403  403  302  403  403  302  403  404",
        args=("@change", "propose")),
    Row("POST", "regions:change-act", "302  403  403  403  302  403  403  302  403  404",
        args=("@change", "cancel"), data={"reason": "不需要了"}),
    Row("GET", "regions:tree", VIEWERS),
    Row("GET", "regions:sections", "302  403  403  403  403  200  200  200  403  403"),
    Row("GET", "regions:section", "302  403  403  403  403  200  200  200  403  403",
        args=("@section",)),
    Row("GET", "regions:section-new", "302  403  403  403  403  403  403  200  403  403"),
    Row("POST", "regions:section-new", "302  403  403  403  403  403  403  302  403  403",
        data={"code": "B9", "name": "第九版块"}),
    Row("GET", "regions:section-edit", "302  403  403  403  403  403  403  200  403  403",
        args=("@section",)),
    Row("GET", "regions:company-new", "302  403  403  403  403  403  403  200  403  403"),
    Row("POST", "regions:company-new", "302  403  403  403  403  403  403  302  403  403",
        data={"code": "C9", "name": "第九公司"}),
    # the unit belongs to the section already
    Row("POST", "regions:section-add-unit", "302  403  403  403  403  403  403  422  403  403",
        args=("@section",), data={"unit": "@project_code"}),
    Row("POST", "regions:section-remove-unit", "302  403  403  403  403  403  403  302  403  403",
        args=("@section", "@member")),
    Row("GET", "accounts:section-role-give", "302  403  403  403  403  403  403  200  403  403",
        args=("@section",)),
    Row("POST", "accounts:section-role-give", "302  403  403  403  403  403  403  302  403  403",
        args=("@section",), data={"user": "@clerk_no", "role": "staff"}),
    Row("GET", "accounts:section-role-end", "302  403  403  403  403  403  403  200  403  403",
        args=("@section", "@section_grant")),
    Row("POST", "accounts:section-role-end", "302  403  403  403  403  403  403  302  403  403",
        args=("@section", "@section_grant")),
    Row("GET", "reports:dashboard", FIGURE_READERS),
    Row("GET", "reports:dashboard-workbook", TAKERS),
    Row("GET", "reports:compare", FIGURE_READERS),
    Row("GET", "reports:metrics", FIGURE_READERS),
    Row("GET", "reports:metric-rows", FIGURE_READERS, args=("contacts",)),
    Row("GET", "reports:activity", VIEWERS),
    Row("GET", "reports:customers", "302  403  302  302  302  302  302  302  302  302"),
    Row("GET", "reports:customer-analysis", VIEWERS, args=("abc",)),
    Row("POST", "reports:analysis-export", "302  403  302  302  302  302  403  403  302  302",
        args=("abc",)),
    Row("GET", "reports:analysis-export-detail", EXPORTER, args=("@analysis_export",)),
    Row("GET", "reports:analysis-export-file", EXPORTER, args=("@analysis_export",)),
    Row("GET", "reports:customer-paper", TAKERS, args=("abc",)),
    Row("GET", "reports:customer-analysis", VIEWERS, args=("leads",)),
    Row("GET", "reports:customer-analysis", VIEWERS, args=("wallet",)),
    Row("GET", "reports:customer-analysis", VIEWERS, args=("losses",)),
    Row("GET", "reports:customer-analysis", VIEWERS, args=("profit",)),
    Row("GET", "reports:customer-analysis", VIEWERS, args=("credit",)),
    Row("GET", "reports:customer-analysis", VIEWERS, args=("delivered",)),
    # --- saved reports: their owner's; a link to what one was sent opens for its receiver
    Row("GET", "reports:builder", FIGURE_READERS),
    Row("GET", "reports:report-new", BUILDERS),
    Row("POST", "reports:report-preview", "302  403  403  404  404  404  404  403  403  404"),
    Row("GET", "reports:report", SAVED_HERE, args=("@saved",)),
    Row("GET", "reports:report-edit", BUILDER_HERE, args=("@saved",)),
    Row("GET", "reports:report-delete", BUILDER_HERE, args=("@saved",)),
    Row("GET", "reports:report-paper", SAVED_HERE, args=("@saved",)),
    Row(
        "POST",
        "reports:export",
        "302  403  404  302  404  404  404  403  404  404",
        args=("@saved",),
    ),
    Row("GET", "reports:export-detail", REPORT_EXPORTER, args=("@report_export",)),
    Row("GET", "reports:export-file", REPORT_EXPORTER, args=("@report_export",)),
    Row("GET", "reports:schedules", BUILDERS),
    Row("GET", "reports:schedule-new", BUILDER_HERE, args=("@saved",)),
    Row("GET", "reports:schedule", BUILDER_HERE, args=("@schedule",)),
    Row("GET", "reports:schedule-edit", BUILDER_HERE, args=("@schedule",)),
    Row("GET", "reports:schedule-delete", BUILDER_HERE, args=("@schedule",)),
    Row(
        "POST",
        "reports:schedule-switch",
        "302  403  403  302  404  404  404  403  403  404",
        args=("@schedule",),
    ),
    Row(
        "GET",
        "reports:unsubscribe",
        "302  404  404  404  404  404  404  404  404  404",
        args=("@schedule",),
    ),
    # --- standard reports: everybody his own branches, templates those who keep them
    Row("GET", "reports:standard", FIGURE_READERS),
    Row("GET", "reports:standard-report", FIGURE_READERS, args=("month-end",)),
    Row(
        "GET",
        "reports:standard-paper",
        "302  403  200  200  200  200  409  403  200  200",
        args=("month-end",),
    ),
    Row(
        "POST",
        "reports:standard-export",
        "302  403  302  302  302  302  409  403  302  302",
        args=("month-end",),
    ),
    Row("GET", "reports:standard-export-detail", REPORT_EXPORTER, args=("@standard_export",)),
    Row("GET", "reports:standard-export-file", REPORT_EXPORTER, args=("@standard_export",)),
    Row("GET", "reports:standard-schedule", STANDARD_SENDERS, args=("month-end",)),
    Row("GET", "reports:commentary", "302  403  403  200  200  200  200  403  403  200",
        args=("customer-analysis",)),
    Row("GET", "reports:commentary", "302  403  403  200  200  200  200  403  403  404",
        args=("customer-analysis",), data={"unit": "@city_code"}),
    Row("GET", "reports:commentary", "302  403  403  404  404  404  404  403  403  404",
        args=("expense-ledger",)),
    Row("GET", "reports:commentaries", "302  403  200  200  200  200  200  403  200  200",
        args=("customer-analysis",)),
    Row("POST", "reports:commentary-receive", "302  403  403  302  302  302  302  403  403  404",
        args=("@commentary",), data={"note": ""}),
    Row("GET", "reports:service-enter", "302  403  403  200  200  200  200  403  403  200",
        args=("ease",)),
    Row("GET", "reports:service-enter", "302  403  403  200  200  200  200  403  403  404",
        args=("ease",), data={"unit": "@city_code"}),
    Row("GET", "reports:service-enter", "302  403  403  404  404  404  404  403  403  404",
        args=("works",)),
    Row("GET", "reports:standard-templates", TEMPLATE_KEEPERS),
    Row("GET", "reports:standard-template", TEMPLATE_KEEPERS, args=("month-end",)),
    Row("GET", "reports:standard-template-file", TEMPLATE_KEEPERS, args=("month-end", "0")),
    Row(
        "POST",
        "reports:standard-template-use",
        "302  403  403  403  403  403  302  302  403  403",
        args=("month-end", "0"),
    ),
    # --- imports: an upload is its uploader's
    Row("GET", "imports:list", "302  403  200  200  200  403  200  200  200  200"),
    Row("GET", "imports:new", "302  403  200  200  200  403  200  200  200  200"),
    Row("POST", "imports:new", "302  403  422  422  422  403  422  422  422  422",
        data={"kind": "owners"}),
    Row("GET", "imports:template", "302  403  200  200  200  403  404  404  200  200",
        args=("owners",)),
    Row("GET", "imports:detail", UPLOADER, args=("@run",)),
    Row("GET", "imports:mapping", UPLOADER, args=("@run",)),
    Row("POST", "imports:mapping", "302  403  302  404  404  403  404  404  404  404",
        args=("@run",), data={"mode": "fill", "owners-0": "project", "owners-1": "room",
                             "owners-2": "name", "owners-3": "phone"}),
    Row("POST", "imports:mapping", "302  403  422  404  404  403  404  404  404  404",
        args=("@run",), data={"mode": "fill", "keeper": "@foreign_no"}),
    Row("GET", "imports:undo", UPLOADER, args=("@run",)),
    Row("POST", "imports:undo", "302  403  302  404  404  403  404  404  404  404", args=("@run",)),
    Row("GET", "imports:rejected", UPLOADER, args=("@run",)),
    Row("POST", "imports:apply", "302  403  302  404  404  403  404  404  404  404",
        args=("@run",)),
    Row("POST", "imports:stop", "302  403  302  404  404  403  404  404  404  404", args=("@run",)),
    Row("GET", "imports:apply", "302  403  405  405  405  403  405  405  405  405", args=("@run",)),
    # --- customers
    Row("GET", "customers:list", VIEWERS),
    Row("GET", "customers:new", KEEPERS),
    Row("POST", "customers:new", "302  403  302  302  302  403  403  403  422  422",
        data={"name": "赵新客", "unit": "@project_code", "keeper": "@clerk_no"}),
    # a keeper of another branch
    Row("POST", "customers:new", "302  403  422  422  422  403  403  403  422  422",
        data={"name": "赵新客", "unit": "@project_code", "keeper": "@foreign_no"}),
    Row("GET", "customers:detail", IN_NORTH, args=("@mine",)),
    # entered by the head, kept by nobody: not the clerk's own
    Row("GET", "customers:detail", "302  403  404  200  200  200  200  200  404  404",
        args=("@firm",)),
    # known to both branches
    Row("GET", "customers:detail", VIEWERS, args=("@crossing",)),
    Row("GET", "customers:edit", KEEPERS_HERE, args=("@mine",)),
    Row("POST", "customers:edit", KEEPERS_DO, args=("@mine",), data={"name": "李改名"}),
    Row("POST", "customers:reveal", KEEPERS_HERE, args=("@mine", "phone"), data={"reason": "case"}),
    Row("GET", "customers:reveal", "302  403  405  405  405  403  403  403  405  405",
        args=("@mine", "phone")),
    # with numbers left: a sentence, and nothing is given
    Row("GET", "customers:further-reveals", KEEPERS),
    Row("POST", "customers:further-reveals", "302  403  422  422  422  403  403  403  422  422",
        data={"reason": "call-back"}),
    # --- activities
    Row("GET", "customers:activity-new", KEEPERS_HERE, args=("@mine",)),
    Row("POST", "customers:activity-new", KEEPERS_DO, args=("@mine",),
        data={"what": "done", "place": "@place", "kind": "call", "at": "2026-01-05T09:00",
              "content": "电话"}),
    # a foreign place, posted with a customer of one's own
    Row("POST", "customers:activity-new", "302  403  422  422  422  403  403  403  422  422",
        args=("@crossing",),
        data={"what": "done", "place": "@unreachable", "kind": "call", "at": "2026-01-05T09:00",
              "content": "电话"}),
    Row("GET", "customers:activity-complete", KEEPERS_HERE, args=("@planned",)),
    Row("POST", "customers:activity-complete", KEEPERS_DO, args=("@planned",),
        data={"result": "已办"}),
    Row("GET", "customers:activity-cancel", KEEPERS_HERE, args=("@planned",)),
    Row("POST", "customers:activity-cancel", KEEPERS_DO, args=("@planned",),
        data={"reason": "改期"}),
    # --- contacts of a firm
    Row("GET", "customers:contact-new", HEADS_HERE, args=("@firm",)),
    Row("POST", "customers:contact-new", HEADS_DO, args=("@firm",), data={"name": "郑新"}),
    Row("GET", "customers:contact-edit", HEADS_HERE, args=("@firm", "@contact")),
    Row("POST", "customers:contact-edit", HEADS_DO, args=("@firm", "@contact"),
        data={"name": "郑"}),
    Row("POST", "customers:contact-reveal", HEADS_HERE, args=("@firm", "@contact", "phone"),
        data={"reason": "case"}),
    # the contact of another customer, under a customer of one's own
    Row("GET", "customers:contact-edit", "302  403  404  404  404  403  403  403  404  404",
        args=("@crossing", "@contact")),
    # --- many at once
    # --- sheets of a customer; a firm that the head keeps
    Row("GET", "customers:detail", FIRM_SEEN, args=("@firm",), data={"tab": "value"}),
    # what he bought, and how he stands among all
    Row("GET", "customers:detail", FIRM_SEEN, args=("@firm",), data={"tab": "purchases"}),
    Row("GET", "customers:demand-new", HEADS_HERE, args=("@firm",)),
    Row("POST", "customers:demand-new", untyped(HEADS_HERE), args=("@firm",)),
    Row("GET", "customers:demand-delete", HEADS_HERE, args=("@demand",)),
    Row("POST", "customers:demand-delete", HEADS_DO, args=("@demand",)),
    # --- contracts, payments and opportunities of the firm
    Row("GET", "customers:detail", FIRM_SEEN, args=("@firm",), data={"tab": "contracts"}),
    Row("GET", "customers:contracts", CASE_READERS),
    Row("GET", "customers:contract", DEALS_SEEN, args=("@contract",)),
    Row("GET", "customers:contract-new", HEADS_HERE, args=("@firm",)),
    Row("POST", "customers:contract-new", untyped(HEADS_HERE), args=("@firm",)),
    Row("GET", "customers:contract-edit", HEADS_HERE, args=("@contract",)),
    Row("POST", "customers:contract-edit", untyped(HEADS_HERE), args=("@contract",)),
    Row("GET", "customers:instalment-new", HEADS_HERE, args=("@contract",)),
    Row("POST", "customers:instalment-new", HEADS_DO, args=("@contract",),
        data={"due_on": "2026-05-01", "amount": "5"}),
    Row("GET", "customers:receipt-new", HEADS_HERE, args=("@contract",)),
    Row("POST", "customers:receipt-new", HEADS_DO, args=("@contract",),
        data={"on": "2026-03-01", "amount": "5"}),
    Row("GET", "customers:instalment-delete", HEADS_HERE, args=("@instalment",)),
    Row("POST", "customers:instalment-delete", HEADS_DO, args=("@instalment",)),
    Row("GET", "customers:receipt-delete", HEADS_HERE, args=("@receipt",)),
    Row("POST", "customers:receipt-delete", HEADS_DO, args=("@receipt",)),
    Row("GET", "customers:opportunity-new", HEADS_HERE, args=("@firm",)),
    Row("POST", "customers:opportunity-new", untyped(HEADS_HERE), args=("@firm",)),
    Row("GET", "customers:opportunity-edit", HEADS_HERE, args=("@opportunity",)),
    Row("POST", "customers:opportunity-edit", HEADS_DO, args=("@opportunity",),
        data={"title": "商机", "stage": "商务谈判", "version": "1"}),
    # --- sales targets: of the region, whose head and the group set them
    Row("GET", "customers:targets", VIEWERS),
    Row("GET", "customers:target-new", TARGET_SETTERS),
    Row("POST", "customers:target-new", "302  403  403  422  422  422  422  403  403  422"),
    Row("GET", "customers:target-delete", "302  403  403  200  404  200  200  403  403  404",
        args=("@sales_target",)),
    Row("POST", "customers:target-delete", "302  403  403  302  404  302  302  403  403  404",
        args=("@sales_target",)),
    Row("GET", "customers:loss-new", HEADS_HERE, args=("@firm",)),
    Row("POST", "customers:loss-new", untyped(HEADS_HERE), args=("@firm",)),
    Row("GET", "customers:loss-won-back", HEADS_HERE, args=("@loss",)),
    Row("POST", "customers:loss-won-back", HEADS_DO, args=("@loss",), data={"on": "2026-03-01"}),
    Row("GET", "customers:credit-new", ASSESSORS, args=("@firm",)),
    Row("POST", "customers:credit-new", untyped(ASSESSORS), args=("@firm",)),
    Row("GET", "customers:credit", FIRM_SEEN, args=("@firm", "2026")),
    Row("GET", "customers:credit-paper", FIRM_TAKERS, args=("@firm", "2026")),
    Row("GET", "customers:value-new", HEADS_HERE, args=("@firm",)),
    Row("POST", "customers:value-new", untyped(HEADS_HERE), args=("@firm",)),
    Row("GET", "customers:value", FIRM_SEEN, args=("@firm", "2026")),
    Row("GET", "customers:value-paper", FIRM_TAKERS, args=("@firm", "2026")),
    Row("GET", "customers:hand-over", "302  403  403  200  200  200  403  403  403  200"),
    # the ticks of a place out of reach are no ticks: back to the empty page
    Row("POST", "customers:hand-over", "302  403  403  302  302  302  403  403  403  200",
        data={"pick": "@place"}),
    # ticks belong to whoever ticked
    Row("GET", "customers:hand-over-selection", TICKED, args=("@ticks",)),
    Row("GET", "customers:selection-keepers", TICKED, args=("@ticks",)),
    Row("POST", "customers:hand-over-selection", "302  403  403  302  404  404  403  403  403  404",
        args=("@ticks",), data={"to": "@keeper_no"}),
    # to somebody who may not keep the place
    Row("POST", "customers:hand-over-selection", "302  403  403  422  404  404  403  403  403  404",
        args=("@ticks",), data={"to": "@foreign_no"}),
    Row("GET", "customers:import-keepers", KEEPERS),
    Row("GET", "customers:keeper-choices", KEEPERS, data={"unit": "@project_code"}),
    # --- shares: the keeper of a customer and the heads above him
    Row("GET", "customers:share", KEEPERS_HERE, args=("@mine",)),
    Row("GET", "customers:share", HEADS_HERE, args=("@firm",)),
    Row("POST", "customers:share", "302  403  302  302  302  403  403  403  404  404",
        args=("@mine",), data={"to": "@foreign_no", "until": "@soon", "reason": "协同接待"}),
    Row("POST", "customers:share", "302  403  422  422  422  403  403  403  404  404",
        args=("@mine",), data={"to": "@foreign_no", "until": "2020-01-01", "reason": "协同接待"}),
    Row("GET", "customers:share-people", KEEPERS_HERE, args=("@mine",)),
    Row("GET", "customers:access", "302  403  403  200  200  403  403  200  403  404",
        args=("@mine",)),
    # --- duplicates: whoever may merge, and reaches both
    Row("GET", "customers:duplicates", "302  403  403  200  200  403  403  403  403  200"),
    Row("GET", "customers:duplicate-dismiss", MERGERS_HERE, args=("@pair",)),
    Row("POST", "customers:duplicate-dismiss", "302  403  403  302  302  403  403  403  403  404",
        args=("@pair",), data={"reason": "父子"}),
    Row("POST", "customers:duplicate-dismiss", "302  403  403  422  422  403  403  403  403  404",
        args=("@pair",)),
    Row("GET", "customers:merge-choose", MERGERS_HERE, args=("@mine",)),
    Row("POST", "customers:merge-choose", MERGERS_HERE, args=("@mine",), data={"q": "李"}),
    Row("GET", "customers:merge-compare", MERGERS_HERE, args=("@mine", "@others")),
    Row("GET", "customers:merge-confirm", MERGERS_HERE, args=("@mine", "@others")),
    Row("POST", "customers:merge-confirm", "302  403  403  302  302  403  403  403  403  404",
        args=("@mine", "@others"), data={"seen": "@seen"}),
    Row("POST", "customers:merge-confirm", "302  403  403  422  422  403  403  403  403  404",
        args=("@mine", "@firm"), data={"seen": "@seen"}),
    Row("GET", "customers:merge-detail", MERGERS_HERE, args=("@mine", "@merge")),
    Row("GET", "customers:detail", "302  403  302  302  302  302  302  302  404  404",
        args=("@merged",)),
    # --- answers to surveys: the public form, the desk, the list
    Row("GET", "survey:enter", "410  410  410  410  410  410  410  410  410  410", args=("x",)),
    Row("GET", "survey:form", "410  410  410  410  410  410  410  410  410  410"),
    Row("GET", "survey:start", "410  410  410  410  410  410  410  410  410  410"),
    Row("GET", "survey:privacy", EVERYBODY),
    Row("GET", "survey:thanks", EVERYBODY, args=("1",)),
    Row("GET", "satisfaction:on-site", "302  403  200  200  200  403  200  403  404  404",
        args=("@wave_code",)),
    Row("POST", "satisfaction:on-site", "302  403  302  302  302  403  302  403  404  404",
        args=("@wave_code",), data={"unit": "@project_code"}),
    Row("GET", "satisfaction:phone", ANSWER_KEEPERS),
    Row("POST", "satisfaction:phone", "302  403  403  403  302  403  302  403  403  403"),
    # a number that somebody else holds
    Row("GET", "satisfaction:call", "302  403  403  403  404  403  404  403  403  403",
        args=("@sample",)),
    Row("POST", "satisfaction:call-number", "302  403  403  403  404  403  404  403  403  403",
        args=("@sample", "phone")),
    Row("GET", "satisfaction:answers", ANSWER_READERS, args=("@wave_code",)),
    Row("GET", "satisfaction:answer", ANSWER_READERS, args=("@wave_code", "@response")),
    Row("GET", "satisfaction:answer-void", ANSWER_KEEPERS, args=("@wave_code", "@response")),
    Row("POST", "satisfaction:answer-void", "302  403  403  403  302  403  302  403  403  403",
        args=("@wave_code", "@response"), data={"reason": "matrix"}),
    Row("GET", "satisfaction:answer-unvoid", ANSWER_KEEPERS, args=("@wave_code", "@response")),
    # it counts already
    Row("POST", "satisfaction:answer-unvoid", "302  403  403  403  422  403  422  403  403  403",
        args=("@wave_code", "@response"), data={"reason": "matrix"}),
    Row("POST", "satisfaction:answers-export", "302  403  403  302  302  302  302  403  403  404",
        args=("@wave_code",)),
    Row("GET", "satisfaction:answers-export-detail", NOBODY_ELSES, args=("@job",)),
    Row("GET", "satisfaction:answers-export-file", NOBODY_ELSES, args=("@job",)),
    Row("GET", "shares", VIEWERS),
    Row("POST", "shares-end", "302  403  302  302  302  302  302  302  302  302",
        data={"pick": "@share"}),
    Row("POST", "customers:export", "302  403  302  302  302  302  403  403  302  302"),
    Row("GET", "customers:export-detail", EXPORTER, args=("@job",)),
    Row("GET", "customers:export-file", EXPORTER, args=("@job",)),
)  # fmt: skip

# The administration: whoever lacks the right accounts.use_admin stays outside, whatever the page.
# `local` and `s.local` hold the administrator's rights in one region. 302 at a record out of reach
# is Django's way back to the index, the same as for a missing one. What belongs to the whole group
# they may read and not write.
#       door none staff head boss admin local s.local
OPEN = "302  403  403  403  403  200  200  200"
MINE = "302  403  403  403  403  200  200  302"
BOSS = "302  403  403  403  403  200  403  403"
SHUT = "302  403  403  403  403  403  403  403"

# model: a record of the north (or of the whole group), then list, add, change, history, delete
ADMIN_PAGES = {
    "regions_orgunit": ("@project", OPEN, OPEN, MINE, MINE, SHUT),
    "regions_region": ("@region", OPEN, OPEN, MINE, MINE, SHUT),
    "regions_city": ("@city", OPEN, OPEN, MINE, MINE, SHUT),
    "regions_project": ("@project", OPEN, OPEN, MINE, MINE, SHUT),
    "regions_unitlevel": ("@level", OPEN, SHUT, OPEN, OPEN, SHUT),
    "regions_workingcalendar": ("@calendar", OPEN, SHUT, OPEN, OPEN, SHUT),
    "regions_publicday": ("@public_day", OPEN, BOSS, OPEN, OPEN, SHUT),
    "regions_calendaruse": ("@calendar_use", OPEN, OPEN, MINE, MINE, SHUT),
    "regions_calendarexception": ("@calendar_exception", OPEN, OPEN, MINE, MINE, SHUT),
    "regions_policyvalue": ("@rule", OPEN, SHUT, MINE, MINE, SHUT),
    "regions_unitversion": ("@parent", OPEN, SHUT, MINE, MINE, SHUT),
    "accounts_user": ("@clerk", OPEN, OPEN, MINE, MINE, SHUT),
    "accounts_role": ("@role", OPEN, BOSS, OPEN, OPEN, SHUT),
    "accounts_function": ("@function", OPEN, BOSS, OPEN, OPEN, SHUT),
    "accounts_loginrecord": ("@login", OPEN, SHUT, MINE, MINE, SHUT),
    "audit_entry": ("@entry", OPEN, SHUT, MINE, MINE, SHUT),
    "core_job": ("@job", OPEN, SHUT, MINE, MINE, SHUT),
    "django_celery_beat_periodictask": ("@task", OPEN, BOSS, OPEN, OPEN, SHUT),
    "django_celery_beat_intervalschedule": ("@interval", OPEN, BOSS, OPEN, OPEN, SHUT),
    "django_celery_beat_crontabschedule": ("@crontab", OPEN, BOSS, OPEN, OPEN, SHUT),
}


def _admin_rows() -> list[Row]:
    rows = []
    for model, (record, *statuses) in ADMIN_PAGES.items():
        acts = ("changelist", "add", "change", "history", "delete")
        for act, expected in zip(acts, statuses, strict=True):
            args = () if act in ("changelist", "add") else (record,)
            rows.append(Row("GET", f"admin:{model}_{act}", expected, args, columns=ADMIN_COLUMNS))
    return rows


ADMINISTRATION = (
    Row("GET", "admin:index", OPEN, columns=ADMIN_COLUMNS),
    Row("GET", "admin:app_list", OPEN, ("regions",), columns=ADMIN_COLUMNS),
    Row("GET", "admin:jsi18n", OPEN, columns=ADMIN_COLUMNS),
    Row(
        "GET",
        "admin:autocomplete",
        OPEN,
        data={"app_label": "accounts", "model_name": "rolegrant", "field_name": "unit"},
        columns=ADMIN_COLUMNS,
    ),
    *_admin_rows(),
    # A region's administrator who may rewrite a role could let his own reach the whole group.
    Row(
        "POST",
        "admin:accounts_role_change",
        "302  403  403  403  403  302  403  403",
        ("@role",),
        {"code": "staff", "name": "业务人员", "reach": "group"},
        ADMIN_COLUMNS,
    ),
    Row(
        "POST",
        "admin:django_celery_beat_periodictask_changelist",
        "302  403  403  403  403  302  200  200",
        data={"action": "disable_tasks", "_selected_action": "@task"},
        columns=ADMIN_COLUMNS,
    ),
    # --- budgets, analysis, stock, key dates and events
    Row("GET", "expenses:budgets", MONEY_TAKERS),
    Row("GET", "expenses:budget-unit", MONEY_HERE, args=("@project_code", "2026")),
    Row("GET", "expenses:budget-entries", MONEY_HERE, args=("@project_code", "2026")),
    Row("GET", "expenses:budget-allot", ALLOTTERS, args=("@project_code", "2026")),
    Row(
        "POST",
        "expenses:budget-allot",
        ALLOTTERS_DO,
        args=("@project_code", "2026"),
        data={"category": "@unplanned", "way": "give", "amount": "5"},
    ),
    Row("GET", "expenses:budget-carry-over", ALLOTTERS, args=("@project_code", "2026")),
    Row("POST", "expenses:budget-carry-over", ALLOTTERS_DO, args=("@project_code", "2026")),
    Row("GET", "expenses:budget-hand-down", ALLOTTERS, args=("@budget",)),
    Row(
        "POST",
        "expenses:budget-hand-down",
        ALLOTTERS_DO,
        args=("@budget",),
        data={"to": "@project_code", "way": "give", "amount": "5"},
    ),
    Row("GET", "expenses:budget-ask", ALLOTTERS, args=("@budget",)),
    Row("POST", "expenses:budget-ask", untyped(ALLOTTERS), args=("@budget",)),
    Row("GET", "expenses:budget-change", MONEY_HERE, args=("@budget_change",)),
    Row("POST", "expenses:ledger-export", MONEY_TAKERS),
    Row("GET", "expenses:ledger-export-detail", NOBODY_ELSES, args=("@job",)),
    Row("GET", "expenses:ledger-export-file", NOBODY_ELSES, args=("@job",)),
    Row("GET", "expenses:analysis", MONEY_READERS),
    Row("GET", "expenses:analysis-workbook", MONEY_READERS),
    Row("GET", "expenses:analysis-pdf", MONEY_READERS),
    Row("GET", "expenses:review", MONEY_READERS),
    Row("GET", "expenses:review-mark", MONEY_HERE, args=("@spent", "split")),
    Row(
        "POST",
        "expenses:review-mark",
        MONEY_MARKS,
        args=("@spent", "split"),
        data={"note": "matrix"},
    ),
    Row("GET", "expenses:stock", CASE_READERS),
    Row("GET", "expenses:gift", CASE_HERE, args=("@gift",)),
    Row("GET", "expenses:gift-new", "302  403  403  200  200  403  200  403  403  200"),
    Row("POST", "expenses:gift-new", "302  403  403  422  422  403  422  403  403  422"),
    Row("GET", "expenses:gift-receive", ALLOTTERS, args=("@gift",)),
    Row("POST", "expenses:gift-receive", ALLOTTERS_DO, args=("@gift",), data={"quantity": "1"}),
    Row("GET", "expenses:gift-count", ALLOTTERS, args=("@gift",)),
    Row(
        "POST",
        "expenses:gift-count",
        ALLOTTERS_DO,
        args=("@gift",),
        data={"counted": "1", "reason": "matrix"},
    ),
    Row("GET", "expenses:key-dates", CASE_READERS),
    Row("GET", "expenses:key-date-new", EVENT_KEEPERS),
    Row("POST", "expenses:key-date-new", untyped(EVENT_KEEPERS)),
    Row("GET", "expenses:key-date", EVENT_KEEPERS_HERE, args=("@key_date",)),
    Row("POST", "expenses:key-date", untyped(EVENT_KEEPERS_HERE), args=("@key_date",)),
    Row("GET", "expenses:events", CASE_READERS),
    Row("GET", "expenses:event-new", EVENT_KEEPERS),
    Row("POST", "expenses:event-new", untyped(EVENT_KEEPERS)),
    Row("GET", "expenses:event", CASE_SEEN, args=("@event",)),
    Row("GET", "expenses:event-edit", EVENT_KEEPERS_HERE, args=("@event",)),
    Row("POST", "expenses:event-edit", untyped(EVENT_KEEPERS_HERE), args=("@event",)),
    Row("GET", "expenses:event-hold", EVENT_KEEPERS_HERE, args=("@event",)),
    Row(
        "POST",
        "expenses:event-hold",
        EVENT_KEEPERS_DO,
        args=("@event",),
        data={"minutes": "matrix"},
    ),
    Row("GET", "expenses:event-cancel", EVENT_KEEPERS_HERE, args=("@event",)),
    Row("POST", "expenses:event-cancel", EVENT_KEEPERS_DO, args=("@event",)),
    Row("POST", "expenses:event-attach", EVENT_KEEPERS_DO, args=("@event",)),
    Row("GET", "expenses:event-file", CASE_SEEN, args=("@event", "@event_file")),
    Row("GET", "expenses:event-thumb", CASE_SEEN, args=("@event", "@event_file")),
    Row("POST", "expenses:event-detach", EVENT_KEEPERS_DO, args=("@event", "@event_file")),
    Row("GET", "expenses:categories", "302  403  403  403  200  403  200  200  403  403"),
    Row("GET", "expenses:category-new", KINDS_OF_MONEY),
    Row("POST", "expenses:category-new", untyped(KINDS_OF_MONEY)),
    Row("GET", "expenses:category", KINDS_OF_MONEY, args=("@expense_category",)),
    Row("POST", "expenses:category", untyped(KINDS_OF_MONEY), args=("@expense_category",)),
)

# Parties of a paper: the clerk asked, the head decides, the others see their branch.
PAPER_SEEN = "302  404  200  200  200  200  200  200  404  404"
PAPER_TOLD = "302  404  422  422  422  422  422  422  404  404"
PAPER_MINE = "302  404  200  404  404  404  404  404  404  404"
FLOW_READERS = "302  403  403  200  200  200  200  200  403  200"
FLOW_KEEPERS = "302  403  403  403  403  403  403  200  403  403"
FLOW_KEPT = "302  403  403  403  403  403  403  302  403  403"
APPROVALS = (
    Row("GET", "approvals:inbox", SIGNED_IN),
    Row("POST", "approvals:approve-many", "302  302  302  302  302  302  302  302  302  302"),
    Row("GET", "approvals:people", SIGNED_IN),
    Row("GET", "approvals:authority", SIGNED_IN),
    Row("GET", "approvals:phone", SIGNED_IN),
    Row("GET", "approvals:requests", SIGNED_IN),
    Row("GET", "approvals:request-new", "302  302  302  302  302  302  302  302  302  302"),
    Row("GET", "approvals:request", PAPER_MINE, args=("@request",)),
    Row("GET", "approvals:request-edit", PAPER_MINE, args=("@request",)),
    Row(
        "POST",
        "approvals:request-edit",
        "302  404  422  404  404  404  404  404  404  404",
        args=("@request",),
    ),
    Row("GET", "approvals:request-drop", PAPER_MINE, args=("@request",)),
    Row("GET", "approvals:request-file", PAPER_MINE, args=("@request", "@request_file")),
    Row(
        "POST",
        "approvals:request-file-remove",
        "302  404  302  404  404  404  404  404  404  404",
        args=("@request", "@request_file"),
    ),
    Row("GET", "approvals:approval", PAPER_SEEN, args=("@in_approval",)),
    Row("GET", "approvals:file", PAPER_SEEN, args=("@in_approval", "@comment_file")),
    Row(
        "POST",
        "approvals:decide",
        "302  404  409  409  409  409  409  409  404  404",
        args=("@in_approval",),
    ),
    Row("GET", "approvals:act", PAPER_SEEN, args=("@in_approval", "remark")),
    Row("POST", "approvals:act", PAPER_TOLD, args=("@in_approval", "remark")),
    Row(
        "GET",
        "approvals:act",
        "302  404  403  200  403  403  403  403  404  404",
        args=("@in_approval", "transfer"),
    ),
    Row(
        "GET",
        "approvals:act",
        "302  404  200  403  403  403  403  403  404  404",
        args=("@in_approval", "withdraw"),
    ),
    Row("GET", "approvals:phone-sign", PAPER_SEEN, args=("@signature",)),
    Row(
        "POST",
        "approvals:phone-sign",
        "302  404  422  302  422  422  422  422  404  404",
        args=("@signature",),
    ),
    Row("GET", "approvals:flows", FLOW_READERS),
    Row("GET", "approvals:flow", FLOW_READERS, args=("@flow",)),
    Row("GET", "approvals:flow-version", FLOW_READERS, args=("@flow", "1")),
    Row("GET", "approvals:flow-new", FLOW_KEEPERS),
    Row("POST", "approvals:flow-take-over", FLOW_KEPT, args=("seal",)),
    Row("GET", "approvals:flow-settings", FLOW_KEEPERS, args=("@flow",)),
    Row("GET", "approvals:flow-edit", FLOW_KEEPERS, args=("@flow",)),
    Row(
        "GET",
        "approvals:flow-edit",
        "302  403  403  403  403  403  403  403  403  403",
        args=("@fixed_flow",),
    ),
    Row("POST", "approvals:flow-drawing", FLOW_KEEPERS, args=("@flow",)),
    Row("GET", "approvals:flow-publish", FLOW_KEPT, args=("@flow",)),
    Row("GET", "approvals:bodies", FLOW_KEEPERS),
    Row("GET", "approvals:body-new", FLOW_KEEPERS),
    Row("GET", "approvals:body", FLOW_KEEPERS, args=("@body",)),
    Row("POST", "approvals:member-end", FLOW_KEPT, args=("@body", "@body_member")),
)

# Bulletins, tasks, calendar, targets, rules: the head published for the region, gave the clerk a
# task; everybody has pages of his own. Bulletins and rules are for whoever belongs to a unit, also
# without any right; appointments that are not private for who may see the person.
EVERYBODY_DOES = "302  302  302  302  302  302  302  302  302  302"
MANAGERS = "302  403  403  200  200  200  200  403  403  200"
BOARD_READ = "302  200  200  200  200  200  200  404  404  404"
BOARD_KEEPERS = "302  403  403  200  403  200  200  403  403  404"
TASK_SEEN = "302  404  200  200  200  200  200  404  404  404"
TASK_ACTORS = "302  404  200  200  200  200  403  404  404  404"
TASK_MANAGERS = "302  404  403  200  200  200  403  404  404  404"
TARGET_READERS = "302  403  200  200  200  200  200  403  200  200"
TARGET_SETTERS = "302  403  403  200  200  200  200  403  403  404"
RULE_SEEN = "302  200  200  200  200  200  200  404  404  404"
RULE_KEEPERS = "302  403  403  403  200  403  200  403  403  403"
UNIT_HERE = "302  403  403  200  404  200  200  403  403  404"
DAILY = (
    Row("GET", "compliance:bulletins", SIGNED_IN),
    Row("GET", "compliance:bulletin-new", MANAGERS),
    Row("GET", "compliance:bulletin", BOARD_READ, args=("@bulletin",)),
    Row(
        "POST",
        "compliance:bulletin-confirm",
        BOARD_READ.replace("200", "302"),
        args=("@bulletin",),
        data={"number": "1"},
    ),
    Row("GET", "compliance:bulletin-receipts", BOARD_KEEPERS, args=("@bulletin",)),
    Row("GET", "compliance:bulletin-edit", BOARD_KEEPERS, args=("@bulletin",)),
    Row("GET", "compliance:bulletin-withdraw", BOARD_KEEPERS, args=("@bulletin",)),
    Row(
        "POST",
        "compliance:bulletin-withdraw",
        BOARD_KEEPERS.replace("200", "422"),
        args=("@bulletin",),
    ),
    Row("GET", "compliance:tasks", SIGNED_IN),
    Row("GET", "compliance:task-new", SIGNED_IN),
    Row("GET", "compliance:task-people", SIGNED_IN),
    Row("GET", "compliance:task", TASK_SEEN, args=("@assignment",)),
    Row("GET", "compliance:task-edit", TASK_MANAGERS, args=("@assignment",)),
    Row("GET", "compliance:task-hand-on", TASK_ACTORS, args=("@assignment",)),
    Row("GET", "compliance:task-finish", TASK_ACTORS, args=("@assignment",)),
    Row(
        "POST",
        "compliance:task-finish",
        TASK_ACTORS.replace("200", "422"),
        args=("@assignment",),
    ),
    Row("GET", "compliance:task-cancel", TASK_MANAGERS, args=("@assignment",)),
    Row("GET", "compliance:task-reopen", TASK_MANAGERS, args=("@assignment",)),
    Row(
        "POST",
        "compliance:task-tick",
        TASK_ACTORS.replace("200", "302"),
        args=("@assignment",),
        data={"line": "0", "text": "matrix", "done": "0"},
    ),
    Row(
        "POST",
        "compliance:task-note",
        TASK_SEEN.replace("200", "302"),
        args=("@assignment",),
        data={"text": "matrix"},
    ),
    Row("GET", "compliance:units", MANAGERS.replace("200", "302")),
    Row("GET", "compliance:unit", UNIT_HERE, args=("@region_code",)),
    Row("GET", "compliance:unit-workbook", UNIT_HERE, args=("@region_code",)),
    Row("GET", "compliance:me", SIGNED_IN),
    Row("GET", "compliance:person", TARGET_SETTERS, args=("@clerk_no",)),
    Row("GET", "compliance:calendar", SIGNED_IN),
    Row("GET", "compliance:appointment-new", SIGNED_IN),
    Row(
        "GET",
        "compliance:appointment",
        "302  404  200  200  200  200  200  200  404  404",
        args=("@appointment",),
    ),
    Row(
        "GET",
        "compliance:appointment-edit",
        "302  404  200  403  403  403  403  403  404  404",
        args=("@appointment",),
    ),
    Row(
        "GET",
        "compliance:appointment-drop",
        "302  404  200  403  403  403  403  403  404  404",
        args=("@appointment",),
    ),
    Row("GET", "compliance:calendar-move", TASK_MANAGERS, args=("task", "@assignment")),
    Row("GET", "compliance:calendar-feed", SIGNED_IN),
    Row("POST", "compliance:calendar-feed-open", SIGNED_IN),
    Row("POST", "compliance:calendar-feed-close", EVERYBODY_DOES),
    Row(
        "GET",
        "compliance:calendar-file",
        "404  404  404  404  404  404  404  404  404  404",
        args=("matrix",),
    ),
    Row("GET", "compliance:targets", TARGET_READERS),
    Row("GET", "compliance:target-set", "302  403  403  404  404  404  404  403  403  404"),
    Row("GET", "compliance:rules", SIGNED_IN),
    Row("GET", "compliance:rule-new", RULE_KEEPERS),
    Row("GET", "compliance:rule", RULE_SEEN, args=("@rule_document",)),
    Row("GET", "compliance:rule-edit", RULE_KEEPERS, args=("@rule_document",)),
    Row("GET", "compliance:rule-version", RULE_KEEPERS, args=("@rule_document",)),
    Row("GET", "compliance:rule-submit", RULE_KEEPERS, args=("@rule_document",)),
    Row("GET", "compliance:rule-issue", RULE_KEEPERS, args=("@rule_document",)),
    Row("GET", "compliance:rule-review", RULE_KEEPERS, args=("@rule_document",)),
)

FILE_HERE = "302  403  200  200  200  200  200  403  404  404"
FILE_READERS = "302  403  200  200  200  200  200  403  200  200"
RUNNERS = "302  403  403  403  403  403  200  403  403  403"
RUNNERS_DO = "302  403  403  403  403  403  302  403  403  403"
REVIEWERS = "302  403  403  200  200  403  200  403  403  404"
MOVED_READERS = "302  403  302  302  302  302  302  403  302  302"
COMMITTEE = "302  403  403  403  403  200  200  403  403  403"
NOMINATORS = "302  403  403  200  200  403  403  403  403  404"
NOMINATORS_DO = "302  403  403  302  302  403  403  403  403  404"
# Specialists and leaders of a branch; the company's round belongs to no branch.
STRATEGIC = (
    #                                 door none staff head keep boss read adm s.st s.hd
    Row("GET", "compliance:strategic", FILE_READERS),
    Row("GET", "compliance:leader-choices", FILE_READERS),
    Row("GET", "compliance:organisation-choices", FILE_READERS),
    Row("GET", "compliance:strategic-customer", FILE_HERE, args=("@strategic",)),
    Row(
        "GET",
        "compliance:strategic-customer",
        "302  403  404  404  404  404  404  403  404  404",
        args=("@firm",),
    ),
    Row("GET", "compliance:strategic-pair", RUNNERS, args=("@strategic",)),
    Row("GET", "compliance:strategic-priority", RUNNERS, args=("@strategic",)),
    Row("POST", "compliance:strategic-priority", untyped(RUNNERS), args=("@strategic",)),
    Row("GET", "compliance:strategic-plan", KEEPERS_HERE, args=("@strategic",)),
    Row("GET", "compliance:strategic-plan-review", REVIEWERS, args=("@strategic",)),
    Row("GET", "compliance:signal-new", KEEPERS_HERE, args=("@strategic",)),
    Row("GET", "compliance:signal-close", KEEPERS_HERE, args=("@strategic", "@signal")),
    Row("GET", "compliance:month-summary", KEEPERS_HERE, args=("@strategic",)),
    Row("GET", "compliance:resource-new", KEEPERS_HERE, args=("@strategic",)),
    Row("POST", "compliance:resource-urge", KEEPERS_DO, args=("@strategic", "@resource")),
    Row("GET", "compliance:talk-new", KEEPERS_HERE, args=("@strategic",)),
    Row("GET", "compliance:talk", FILE_HERE, args=("@strategic", "@talk")),
    Row("GET", "compliance:talk-edit", KEEPERS_HERE, args=("@strategic", "@talk")),
    Row("GET", "compliance:talk-hold", KEEPERS_HERE, args=("@strategic", "@talk")),
    Row("POST", "compliance:talk-cancel", KEEPERS_DO, args=("@strategic", "@talk")),
    Row("GET", "compliance:resources", SIGNED_IN),
    Row(
        "GET",
        "compliance:resource-answer",
        "302  404  200  404  404  404  404  404  404  404",
        args=("@resource",),
    ),
    Row("GET", "compliance:rounds", FILE_READERS),
    Row("POST", "compliance:round-prepare", RUNNERS_DO),
    Row("GET", "compliance:round", FILE_READERS, args=("@round",)),
    Row("GET", "compliance:round-move", RUNNERS, args=("@round", "close")),
    Row("POST", "compliance:round-move", RUNNERS_DO, args=("@round", "close")),
    Row(
        "GET",
        "compliance:nominate",
        "302  403  403  200  200  403  403  403  403  200",
        args=("@round",),
    ),
    Row("GET", "compliance:nomination", FILE_HERE, args=("@round", "@nomination")),
    Row("GET", "compliance:nomination-edit", NOMINATORS, args=("@round", "@nomination")),
    Row("POST", "compliance:nomination-withdraw", NOMINATORS_DO, args=("@round", "@nomination")),
    Row("GET", "compliance:assessments-now", MOVED_READERS),
    Row("GET", "compliance:assessments", FILE_READERS, args=("@round",)),
    Row(
        "GET",
        "compliance:assessment",
        "302  403  200  200  200  200  200  403  404  404",
        args=("@round", "specialist", "@assessed"),
    ),
    # The leader's own is a draft, which nobody but the committee's office sees.
    Row(
        "GET",
        "compliance:assessment",
        "302  403  404  200  404  200  200  403  404  404",
        args=("@round", "leader", "@led"),
    ),
    Row(
        "POST",
        "compliance:assessment",
        "302  403  404  404  404  404  422  403  404  404",
        args=("@round", "leader", "@led"),
        data={"submit": "1"},
    ),
    Row(
        "GET",
        "compliance:assessment-reopen",
        RUNNERS,
        args=("@round", "specialist", "@assessed"),
    ),
    Row("GET", "compliance:committee", COMMITTEE),
    Row("GET", "compliance:meeting", COMMITTEE, args=("@meeting",)),
    Row("GET", "compliance:meeting-new", RUNNERS),
    Row("GET", "compliance:meeting-edit", RUNNERS, args=("@meeting",)),
    Row("GET", "compliance:follow-up", VIEWERS),
    Row("GET", "compliance:late-plans", VIEWERS),
    Row("GET", "compliance:contact-plan", VIEWERS),
)

PLANNED = "302  403  403  200  200  200  200  403  403  200"
PLANNED_HERE = "302  403  403  200  200  200  200  403  403  404"
PLANNERS = "302  403  403  200  200  403  200  403  403  404"
PLANNERS_DO = "302  403  403  302  302  403  302  403  403  404"
ROUND_HERE = "302  403  200  200  200  200  200  403  404  404"
FINDING = ("@finding",)
ROUND = ("@inspection",)
# Findings, accounts, plans and inspections of the northern project.
STAFFING = (
    #                                 door none staff head keep boss read adm s.st s.hd
    Row("GET", "compliance:findings", "302  403  200  200  200  200  200  200  200  200"),
    Row("GET", "compliance:checks", "302  403  200  200  200  200  200  200  200  200"),
    Row("POST", "compliance:finding-run", "302  403  403  302  302  403  302  403  403  302"),
    Row(
        "GET",
        "compliance:finding",
        "302  403  404  200  200  200  200  200  404  404",
        args=FINDING,
    ),
    Row("GET", "compliance:finding-assign", PLANNERS, args=FINDING),
    Row(
        "GET",
        "compliance:finding-explain",
        "302  403  404  200  200  403  200  403  404  404",
        args=FINDING,
    ),
    Row("GET", "compliance:finding-except", PLANNERS, args=FINDING),
    Row("GET", "compliance:finding-override", PLANNERS_DO, args=FINDING),
    Row("POST", "compliance:override-end", PLANNERS_DO, args=("@finding", "1")),
    Row("GET", "compliance:overrides", "302  403  200  200  200  200  200  200  200  200"),
    Row("POST", "compliance:override-take-back", PLANNERS_DO, args=("@override",)),
    Row("GET", "compliance:account-changes", "302  403  403  200  200  200  200  200  403  200"),
    Row(
        "GET",
        "compliance:account-change",
        "302  403  403  200  200  200  200  200  403  404",
        args=("@account_change",),
    ),
    Row("GET", "compliance:account-change-new", "302  403  403  200  200  403  200  200  403  200"),
    Row(
        "GET",
        "compliance:account-change-file",
        "302  403  403  200  200  403  200  200  403  404",
        args=("@account_change",),
    ),
    Row("GET", "compliance:account-change-carry-out", OPERATOR, args=("@account_change",)),
    Row("GET", "compliance:functions", PLANNED),
    Row("GET", "compliance:function-plan", PLANNED_HERE, args=("@project_code",)),
    Row("GET", "compliance:function-plan-edit", PLANNERS, args=("@project_code",)),
    Row("GET", "compliance:headcount", PLANNED),
    Row("GET", "compliance:planned-post-new", PLANNERS, args=("@project_code",)),
    Row("GET", "compliance:planned-post-edit", PLANNERS, args=("@planned_post",)),
    Row("GET", "compliance:planned-post-drop", PLANNERS, args=("@planned_post",)),
    Row("GET", "compliance:implementation-rule-new", PLANNERS, args=("@project_code",)),
    Row("GET", "compliance:implementation-rule-edit", PLANNERS, args=("@implementation_rule",)),
    Row("GET", "compliance:duties", PLANNED),
    Row("GET", "compliance:inspections", PAPER_READERS),
    Row("GET", "compliance:inspection-new", "302  403  403  200  200  403  200  403  403  200"),
    Row("GET", "compliance:inspection", ROUND_HERE, args=ROUND),
    Row("GET", "compliance:inspection-point-new", PLANNERS, args=ROUND),
    Row(
        "GET",
        "compliance:inspection-point-mend",
        "302  403  200  200  200  403  200  403  404  404",
        args=("@inspection", "@inspection_point"),
    ),
    Row(
        "POST",
        "compliance:inspection-point-check",
        PLANNERS_DO,
        args=("@inspection", "@inspection_point"),
    ),
    Row("POST", "compliance:inspection-photo-add", PLANNERS_DO, args=ROUND),
    Row(
        "GET", "compliance:inspection-photo", ROUND_HERE, args=("@inspection", "@inspection_photo")
    ),
    Row(
        "GET",
        "compliance:inspection-photo-thumb",
        ROUND_HERE,
        args=("@inspection", "@inspection_photo"),
    ),
    Row(
        "POST",
        "compliance:inspection-photo-remove",
        PLANNERS_DO,
        args=("@inspection", "@inspection_photo"),
    ),
)

# Trips, log-ins, notices and sanctions of the northern clerk, whose draft notice waits; the head
# published the one that brought the sanction.
TRIP_SEEN = "302  404  200  200  200  200  200  404  404  404"
TRIP_ACTORS = "302  404  200  200  200  403  200  404  404  404"
TRIP_OWN = "302  404  200  403  403  403  403  404  404  404"
DUTY_READERS = "302  403  403  200  200  200  200  403  403  200"
DUTY_HERE = "302  403  403  200  200  200  200  403  403  404"
PUBLISHERS = "302  403  403  200  200  403  200  403  403  404"
TRIP = ("@trip",)
SANCTION = ("@sanction",)
COMMENDATION = ("@commendation",)
CIRCULAR = ("@circular",)
DUTIES = (
    Row("GET", "compliance:trips", SIGNED_IN),
    Row("GET", "compliance:trip-new", SIGNED_IN),
    Row("POST", "compliance:trip-new", SIGNED_IN.replace("200", "422")),
    Row("GET", "compliance:trip", TRIP_SEEN, args=TRIP),
    Row("GET", "compliance:trip-edit", TRIP_OWN, args=("@trip_draft",)),
    Row("GET", "compliance:trip-correct", TRIP_ACTORS, args=TRIP),
    Row("POST", "compliance:trip-correct", TRIP_ACTORS.replace("200", "422"), args=TRIP),
    Row("GET", "compliance:trip-cancel", TRIP_ACTORS, args=TRIP),
    Row("POST", "compliance:trip-cancel", TRIP_ACTORS.replace("200", "422"), args=TRIP),
    Row("GET", "compliance:log-ins", DUTY_READERS),
    Row("GET", "compliance:log-ins-workbook", DUTY_READERS),
    # Whoever lacks the right is led from his own days to his duties.
    Row(
        "GET",
        "compliance:log-in-days",
        "302  403  302  200  200  200  200  403  403  404",
        args=("@clerk_no",),
    ),
    Row("GET", "compliance:lapses", DUTY_READERS),
    Row("GET", "compliance:notices", DUTY_READERS),
    Row("GET", "compliance:circular", DUTY_HERE, args=CIRCULAR),
    Row("GET", "compliance:circular-publish", PUBLISHERS, args=CIRCULAR),
    Row("POST", "compliance:circular-publish", PUBLISHERS.replace("200", "422"), args=CIRCULAR),
    Row("GET", "compliance:circular-drop", PUBLISHERS, args=CIRCULAR),
    Row("POST", "compliance:circular-drop", PUBLISHERS.replace("200", "422"), args=CIRCULAR),
    Row("GET", "compliance:sanctions", SIGNED_IN),
    Row("GET", "compliance:sanction", TRIP_SEEN, args=SANCTION),
    Row("GET", "compliance:sanction-appeal", TRIP_OWN, args=SANCTION),
    Row("GET", "compliance:sanction-decide", PUBLISHERS, args=SANCTION),
    Row("POST", "compliance:sanction-decide", PUBLISHERS.replace("200", "422"), args=SANCTION),
    Row("GET", "compliance:sanction-void", PUBLISHERS, args=SANCTION),
    Row("POST", "compliance:sanction-void", PUBLISHERS.replace("200", "422"), args=SANCTION),
    Row("GET", "compliance:commendations", SIGNED_IN),
    Row("GET", "compliance:commendation", TRIP_SEEN, args=COMMENDATION),
    Row("GET", "compliance:commendation-void", PUBLISHERS, args=COMMENDATION),
    Row(
        "POST", "compliance:commendation-void", PUBLISHERS.replace("200", "422"), args=COMMENDATION
    ),
)


TABLE = (*PAGES, *APPROVALS, *STRATEGIC, *DAILY, *STAFFING, *DUTIES, *ADMINISTRATION)

# Addresses without a row, each with the reason why none is needed.
EXEMPT = {
    "readyz": "tells the state of database and broker, the same to everybody",
    "admin:login": "leads to the one front door and shows nothing itself",
    "admin:logout": "passes the post on to accounts:logout, which has its row",
    "admin:password_change": "leads to accounts:password, which has its row",
    "admin:password_change_done": "Django's own sentence, behind the administration's right",
}
