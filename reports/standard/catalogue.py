"""Every standard report, in the order in which the rules name them."""

from reports.standard import cases, clients, money, people, project, service, visit_plans, visits

STANDARDS = {
    module.REPORT.key: module.REPORT
    for module in (cases, people, money, visits, project, clients, service, visit_plans)
}
