"""Every periodic job, a sentence each.

To add one: a function under `@periodic("app.verb")` in the app's `tasks.py` (core.periodic), its
line in that module's `ACCESS`, and an entry here. `migrate` and the scheduler's start write the
entries into the tables of django-celery-beat, where administrators change times and switch work
off; what they changed stays. docs/jobs.md has the rules of catching up.
"""

from django.utils.translation import gettext_lazy as _

from core.periodic import CatchUp, Periodic

SCHEDULE = (
    Periodic(
        _("Delete old import files"),
        "core.delete_old_import_files",
        _("Deletes uploaded files and rejected rows after 30 days."),
        crontab=("10", "2"),
    ),
    Periodic(
        _("Delete old jobs"),
        "core.delete_old_jobs",
        _("Deletes the records of background work after 400 days, of frequent work after 7."),
        crontab=("20", "2"),
    ),
    Periodic(
        _("Delete old log-in records"),
        "accounts.delete_old_login_records",
        _("Deletes log-in records older than thirteen months."),
        crontab=("40", "2"),
    ),
    Periodic(
        _("Carry out organisation changes"),
        "regions.apply_due_changes",
        _("Carries out approved changes of the organisation on the day they take effect."),
        crontab=("2", "0"),
    ),
    Periodic(
        _("Look for duplicate customers"),
        "customers.find_duplicates",
        _("Finds customers who may be one: by number and name, flat and name, name of the firm."),
        crontab=("15", "3"),
    ),
    Periodic(
        _("Compare scope columns with the tree"),
        "regions.compare_scope_columns",
        _("Finds rows whose region, city or project differs from the tree, and mends them."),
        crontab=("30", "2"),
    ),
    Periodic(
        _("Refresh working time"),
        "regions.refresh_working_time",
        _("Works out the tables that time limits are counted with, also for a new year."),
        crontab=("10", "0"),
    ),
    Periodic(
        _("Count overdue contacts"),
        "compliance.count_contacts",
        _("Keeps how many contacts are overdue in each unit, for the trend of its months."),
        crontab=("50", "3"),
    ),
    Periodic(
        _("Open and close the yearly round"),
        "compliance.run_rounds",
        _("Opens and closes nominations of strategic customers by their days."),
        crontab=("15", "0"),
    ),
    Periodic(
        _("Urge late requests for resources"),
        "compliance.urge_resources",
        _("Urges departments until what a strategic customer needs is provided or refused."),
        crontab=("30", "8"),
    ),
    Periodic(
        _("Remind specialists of strategic customers"),
        "compliance.remind_specialists",
        _("Tells specialists at the end of a month of contacts and summaries that are missing."),
        crontab=("0", "9"),
    ),
    Periodic(
        _("Send scheduled reports"),
        "reports.send_due",
        _("Sends reports whose time has come, to each receiver with the figures of his branches."),
        seconds=300,
    ),
    Periodic(
        _("Escalate cases"),
        "complaints.escalate",
        _("Tells the next one up when a time limit of a case comes near or has passed."),
        seconds=60,
    ),
    Periodic(
        _("Look at the time limits of approvals"),
        "approvals.run_due",
        _("Reminds, passes, rejects or passes up papers whose time to decide has passed."),
        seconds=60,
    ),
    Periodic(
        _("Follow up low answers and ask after cases"),
        "satisfaction.follow_up",
        _("Opens cases for low answers, and asks the owners of closed cases how they were served."),
        seconds=600,
    ),
    Periodic(
        _("Remind of improvement measures"),
        "complaints.remind_measures",
        _("Tells the owner of an improvement measure when its day is near or has passed."),
        crontab=("20", "8"),
    ),
    Periodic(
        _("Remind of evidence"),
        "expenses.remind_evidence",
        _("Tells applicants when evidence of an event is due in two days or late."),
        crontab=("10", "8"),
    ),
    Periodic(
        _("Remind of key dates"),
        "expenses.remind_key_dates",
        _("Tells people of the key dates of their customers, with an application filled in."),
        crontab=("15", "8"),
    ),
    Periodic(
        _("Fetch e-mails"),
        "complaints.fetch_mail",
        _("Takes over new mails of the mailbox that owners write to, if one is set."),
        seconds=120,
        catch_up=CatchUp.NONE,
    ),
    Periodic(
        _("Delete old e-mails"),
        "complaints.delete_old_mail",
        _("Deletes incoming mails that became no case 90 days ago."),
        crontab=("58", "2"),
    ),
    Periodic(
        _("Look after answers"),
        "satisfaction.look_after_answers",
        _("Flags careless answers, mixes anonymous ones, deletes drafts that nobody came back to."),
        crontab=("33", "2"),
    ),
    Periodic(
        _("Score open waves"),
        "satisfaction.score_open_waves",
        _("Computes the figures of the surveys that are open, with the answers of the day."),
        crontab=("40", "3"),
    ),
    Periodic(
        _("Deliver the outbox"),
        "core.deliver_outbox",
        _("Sends mails and webhooks that are due, and settles what a dead sender left."),
        seconds=30,
        catch_up=CatchUp.NONE,
    ),
    Periodic(
        _("Forget answers of the API"),
        "api.delete_old_answers",
        _("Deletes the answers kept for a day for calls that are made again."),
        crontab=("52", "*"),
    ),
    Periodic(
        _("Send daily mails"),
        "core.send_digests",
        _("Writes the daily mail of everybody whose hour has come."),
        seconds=300,
    ),
    Periodic(
        _("Open and close waves"),
        "satisfaction.open_and_close",
        _("Opens drawn surveys on their first day and closes surveys after their last day."),
        crontab=("4", "0"),
    ),
    Periodic(
        _("Invite and remind owners"),
        "satisfaction.remind",
        _("Mails owners of open surveys who were not asked yet or have not answered."),
        crontab=("0", "10"),
    ),
    Periodic(
        _("Delete files of survey links"),
        "satisfaction.delete_link_files",
        _("Deletes files with personal links to surveys after a day."),
        seconds=3600,
    ),
    Periodic(
        _("Delete old notices"),
        "core.delete_old_notices",
        _("Deletes notices read 13 months ago and outgoing messages settled 90 days ago."),
        crontab=("50", "2"),
    ),
    Periodic(
        _("Delete old drafts"),
        "core.delete_old_drafts",
        _("Deletes what was typed into a form and not sent for a week, with its files."),
        crontab=("25", "2"),
    ),
    Periodic(
        _("Delete stray files"),
        "core.delete_stray_files",
        _("Deletes attached files older than a day that belong to no record."),
        crontab=("35", "2"),
    ),
    Periodic(
        _("End sessions that ran out"),
        "accounts.end_expired_sessions",
        _("Ends log-ins that nobody came back to, so that lists of devices tell the truth."),
        seconds=300,
        catch_up=CatchUp.NONE,
    ),
    Periodic(
        _("Return work after a stand-in"),
        "accounts.end_stand_ins",
        _("Gives work back to people whose stand-in has ended, and deletes old plans."),
        crontab=("5", "0"),
    ),
    Periodic(
        _("Close accounts of people who left"),
        "accounts.close_leavers",
        _("Closes accounts whose last day has passed; more than one in fifty are left to people."),
        crontab=("7", "0"),
    ),
    Periodic(
        _("Find work of people who left"),
        "accounts.find_work_left",
        _("Lists customers and tasks whose keeper has left, so that somebody takes them over."),
        crontab=("15", "3"),
    ),
    Periodic(
        _("Check the organisation"),
        "compliance.check_organisation",
        _("Runs every check; findings open and close by it, and whoever answers for one is told."),
        crontab=("45", "3"),
    ),
    Periodic(
        _("Escalate account changes"),
        "compliance.escalate_account_changes",
        _("Tells who answers for accounts of changes that were not carried out in time."),
        crontab=("40", "8"),
    ),
    Periodic(
        _("Remind of late findings"),
        "compliance.remind_late",
        _("Tells of findings, inspection points and appeals whose day has passed, then the heads."),
        crontab=("45", "8"),
    ),
    Periodic(
        _("Begin the review of grants"),
        "accounts.tell_reviewers",
        _("From the first working day of the month on, asks those who review grants to do so."),
        crontab=("30", "8"),
    ),
    Periodic(
        _("Delete old shares"),
        "customers.delete_old_shares",
        _("Deletes shares of customers half a year after they ended."),
        crontab=("55", "2"),
    ),
    Periodic(
        _("Remind of rule reviews"),
        "compliance.remind_rule_reviews",
        _("Tells keepers of rule documents that a yearly review comes near."),
        crontab=("20", "8"),
    ),
    Periodic(
        _("Switch off failing webhooks"),
        "api.stop_failing_webhooks",
        _("Switches off webhooks that took nothing for three days, and tells who manages them."),
        seconds=900,
        catch_up=CatchUp.NONE,
    ),
    Periodic(
        _("Refresh figures"),
        "reports.refresh",
        _("Adds up the figures of units whose records changed, for the dashboards."),
        seconds=300,
        catch_up=CatchUp.NONE,
    ),
    Periodic(
        _("Compare and close figures"),
        "reports.nightly",
        _("Compares all figures with their records, keeps those of the day, closes months."),
        crontab=("10", "4"),
    ),
    Periodic(
        _("Judge the log-in duty"),
        "compliance.judge_log_ins",
        _("Stores who met the log-in duty of the day before, finds lapses and drafts notices."),
        crontab=("20", "1"),
    ),
)

# What earlier versions scheduled; their rows are switched off.
RETIRED = ("core.requeue_lost_jobs",)


def write_schedule() -> None:
    """Bring the tables that the scheduler reads in step with this list."""
    from core.timetables import write_schedule as write

    write(SCHEDULE, RETIRED)
