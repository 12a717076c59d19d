"""Workbooks of the analysis as people take them away: asked for, written by a worker, fetched."""

import io
from typing import Any
from urllib.parse import urlencode

import openpyxl
from django.urls import reverse

from core.jobs import work
from core.models import Job
from reports.analysis.exports import ANALYSIS


def workbook(client: Any, key: str, **query: Any) -> openpyxl.Workbook:
    """The workbook of a method for whoever is logged in."""
    url = reverse("reports:analysis-export", args=[key])
    answer = client.post(url, {"filter": urlencode(query)})
    assert answer.status_code == 302, answer.content.decode()
    job = Job.objects.filter(kind=ANALYSIS.kind).latest("pk")
    work(job.pk)
    page = client.get(reverse("reports:analysis-export-file", args=[job.pk]))
    return openpyxl.load_workbook(io.BytesIO(b"".join(page.streaming_content)))
