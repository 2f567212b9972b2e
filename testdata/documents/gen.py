#!/usr/bin/env python3
"""Writes the documents; see build.sh."""
import base64
import email.message
import gzip
import json
import os
import quopri
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plant import value  # noqa: E402

OUT = sys.argv[1]
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


def pair(name):
    name = "doc-" + name
    return value("id", name), value("secret", name)


def path(name):
    p = os.path.join(OUT, name)
    os.makedirs(os.path.dirname(p), exist_ok=True)
    return p


def write(name, text):
    with open(path(name), "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())


def b64(text):
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def docx():
    from docx import Document
    from docx.shared import RGBColor

    d = Document()
    d.add_heading("Run book", 0)
    i, s = pair("docx-runs")
    # A spelling mark, a colour and a line of history cut a paragraph wherever they like.
    p = d.add_paragraph("Access key: ")
    for piece in (i[:4], i[4:9], i[9:]):
        p.add_run(piece).bold = piece == i[4:9]
    p = d.add_paragraph("Secret: ")
    for n in range(0, 40, 13):
        p.add_run(s[n : n + 13]).font.color.rgb = RGBColor(0, 0, n)
    d.add_paragraph("Checksum of the installer: " + value("hash", "doc-docx-runs"))
    for _ in range(40):
        d.add_paragraph("Nothing of interest stands in this paragraph, which is here to part the one from the other.")
    table = d.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("Environment", "Access key", "Secret key")):
        cell.text = text
    for env in ("live", "test"):
        i, s = pair("docx-table-" + env)
        for cell, text in zip(table.add_row().cells, (env, i, s)):
            cell.text = text
    d.save(path("runbook.docx"))


def xlsx():
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(["user", "access key", "secret key", "region"])
    for user in ("anna", "bert", "cleo"):
        sheet.append([user, *pair("xlsx-" + user), "eu-west-1"])
    book.save(path("keys.xlsx"))


def pptx():
    from pptx import Presentation

    show = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "Deployment"
    i, s = pair("pptx")
    frame = slide.placeholders[1].text_frame
    frame.text = "AWS_ACCESS_KEY_ID="
    for piece in (i[:11], i[11:]):
        frame.paragraphs[0].add_run().text = piece
    line = frame.add_paragraph()
    for piece in ("AWS_SECRET_ACCESS_KEY=", s[:20], s[20:]):
        line.add_run().text = piece
    show.save(path("deployment.pptx"))


def odf():
    from odf import style, table, text
    from odf.opendocument import OpenDocumentSpreadsheet, OpenDocumentText

    d = OpenDocumentText()
    bold = style.Style(name="Bold", family="text")
    bold.addElement(style.TextProperties(fontweight="bold"))
    d.automaticstyles.addElement(bold)
    i, s = pair("odt")
    for title, v in (("Key", i), ("Secret", s)):
        p = text.P(text=title + ": " + v[:7])
        p.addElement(text.Span(text=v[7:13], stylename="Bold"))
        p.addText(v[13:])
        d.text.addElement(p)
    d.save(path("notes.odt"))
    d = OpenDocumentSpreadsheet()
    t = table.Table(name="keys")
    for row in (("access key", "secret key"), pair("ods-1"), pair("ods-2")):
        r = table.TableRow()
        for v in row:
            c = table.TableCell(valuetype="string")
            c.addElement(text.P(text=v))
            r.addElement(c)
        t.addElement(r)
    d.spreadsheet.addElement(t)
    d.save(path("keys.ods"))


def pdf():
    from fpdf import FPDF
    from pypdf import PdfReader, PdfWriter
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.pdfgen import canvas
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    # Literal strings; deflated and in ASCII 85.
    c = canvas.Canvas(path("literal.pdf"), pagesize=A4, pageCompression=1, invariant=1)
    i, s = pair("pdf-literal")
    c.drawString(72, 700, "Access key ID: " + i)
    c.drawString(72, 680, "Secret access key: " + s)
    c.showPage()
    c.save()
    # Paragraphs, and a table of two users.
    body = getSampleStyleSheet()["BodyText"]
    i, s = pair("pdf-paragraph")
    rows = [["user", "key", "secret"], ["anna", *pair("pdf-anna")], ["bert", *pair("pdf-bert")]]
    SimpleDocTemplate(path("table.pdf"), invariant=1).build(
        [Paragraph(f"Use <b>{i}</b> with the secret <font color='red'>{s}</font> please.", body)]
        + [Paragraph("Nothing of interest. " * 60, body)] * 6
        + [Table(rows)]
    )
    # A subset of a TrueType font: codes of two bytes that mean nothing without the font's map.
    f = FPDF()
    f.set_creation_date(__import__("datetime").datetime(2026, 1, 1))
    f.add_page()
    f.add_font("DejaVu", fname=FONT)
    f.set_font("DejaVu", size=9)
    i, s = pair("pdf-subset")
    f.multi_cell(0, 6, f"Schlüssel für die Übertragung\naws_access_key_id = {i}\naws_secret_access_key = {s}\n")
    f.output(path("subset.pdf"))
    # Object streams, a form field, an annotation, an attachment.
    w = PdfWriter()
    w.append(PdfReader(path("subset.pdf")))
    i, s = pair("pdf-attachment")
    w.add_attachment("aws.json", json.dumps({"accessKeyId": i, "secretAccessKey": s}).encode())
    i, s = pair("pdf-metadata")
    w.add_metadata({"/AccessKeyId": i, "/SecretAccessKey": s})
    w.compress_identical_objects()
    w.write(path("attachment.pdf"))


def mail():
    i, s = pair("eml-quoted")
    m = email.message.EmailMessage()
    m["Subject"] = "keys"
    m["From"], m["To"] = "a@acme.io", "b@acme.io"
    text = f"Hi, this is the access key you asked for = {i} and here, in a long line, its secret = {s} – bye!\n"
    m.set_content(text, cte="quoted-printable")
    i, s = pair("eml-base64")
    m.add_attachment(f"[default]\naws_access_key_id = {i}\naws_secret_access_key = {s}\n".encode(), maintype="text", subtype="plain", filename="credentials")
    m.set_boundary("frontier")
    write("keys.eml", m.as_bytes())
    i, s = pair("eml-html")
    body = quopri.encodestring(f'<table class="keys"><tr><td>Access key</td><td>{i}</td></tr><tr><td>Secret key</td><td>{s}</td></tr></table>'.encode())
    write("page.mht", b"MIME-Version: 1.0\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: QUOTED-PRINTABLE\r\n\r\n" + body)


def exports():
    i, s = pair("k8s")
    i2, s2 = pair("k8s-file")
    write(
        "k8s.yaml",
        f"""apiVersion: v1
kind: Secret
metadata:
  name: aws
data:
  AWS_ACCESS_KEY_ID: {b64(i)}
  AWS_SECRET_ACCESS_KEY: {b64(s)}
---
apiVersion: v1
kind: Secret
metadata:
  name: file
data:
  credentials: {b64(f"[default]{chr(10)}aws_access_key_id={i2}{chr(10)}aws_secret_access_key={s2}{chr(10)}")}
""",
    )
    i, s = pair("k8s-list")
    write("k8s.json", json.dumps({"kind": "List", "items": [{"kind": "Secret", "data": {"id": b64(i), "secret": b64(s)}}]}))
    i, s = pair("helm")
    release = b64(gzip.compress(json.dumps({"config": {"accessKey": i, "secretKey": s}}).encode(), mtime=0))
    write("helm.yaml", f"kind: Secret\ntype: helm.sh/release.v1\ndata:\n  release: {b64(release)}\n")
    (i, s), (i2, s2) = pair("tfstate-ci"), pair("tfstate-cd")
    key = lambda name, i, s: {"type": "aws_iam_access_key", "name": name, "instances": [{"attributes": {"id": i, "secret": s, "user": name}}]}  # noqa
    write("terraform.tfstate", json.dumps({"version": 4, "resources": [key("ci", i, s), key("cd", i2, s2)]}, indent=2))
    i, s = pair("cfn")
    write(
        "template.yaml",
        f"""Resources:
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Environment:
        Variables:
          ACCESS: {i}
          SECRET: !Sub "{s}"
""",
    )
    i, s = pair("cfn-parameters")
    write("parameters.json", json.dumps([{"ParameterKey": "AccessKeyId", "ParameterValue": i}, {"ParameterKey": "SecretAccessKey", "ParameterValue": s}]))
    i, s = pair("cfn-defaults")
    write("template.json", json.dumps({"Parameters": {"AccessKey": {"Type": "String", "Default": i}, "SecretKey": {"Type": "String", "NoEcho": True, "Default": s}}}))
    i, s = pair("eb-options")
    option = "  - namespace: aws:elasticbeanstalk:application:environment\n    option_name: {}\n    value: {}\n"
    write(".ebextensions/options.config", "option_settings:\n" + option.format("AWS_ACCESS_KEY_ID", i) + option.format("AWS_SECRET_KEY", s))
    i, s = pair("eb-map")
    write(
        ".ebextensions/map.config",
        f'option_settings:\n  aws:elasticbeanstalk:application:environment:\n    AWS_ACCESS_KEY_ID: "{i}"\n    AWS_SECRET_KEY: "{s}"\n',
    )
    i, s = pair("har-headers")
    posted, answered = ({"accessKeyId": i, "secretAccessKey": s} for i, s in (pair("har-posted"), pair("har-answered")))
    entry = {
        "request": {"headers": [{"name": "X-Key", "value": i}, {"name": "X-Secret", "value": s}], "postData": {"text": json.dumps(posted)}},
        "response": {"content": {"text": b64(json.dumps(answered)), "encoding": "base64"}},
    }
    write("session.har", json.dumps({"log": {"entries": [entry]}}))
    i, s = pair("postman-environment")
    write("acme.postman_environment.json", json.dumps({"values": [{"key": "aws_key", "value": i, "enabled": True}, {"key": "aws_secret", "value": s, "type": "secret"}]}))
    i, s = pair("postman-auth")
    auth = [{"key": "secretKey", "value": s, "type": "string"}, {"key": "accessKey", "value": i, "type": "string"}]
    write("acme.postman_collection.json", json.dumps({"item": [{"request": {"auth": {"type": "awsv4", "awsv4": auth}}}]}))
    (i, s), (i2, s2) = pair("ipynb-source"), pair("ipynb-output")
    cell = {
        "cell_type": "code",
        "source": ["import boto3\n", f'key = "{i}"\n', f'secret = "{s}"\n'],
        "outputs": [{"text": [f"AWS_ACCESS_KEY_ID={i2}\n", f"AWS_SECRET_ACCESS_KEY={s2}\n"]}],
    }
    write("analysis.ipynb", json.dumps({"cells": [cell]}, indent=1))
    i, s = pair("docker-inspect")
    write("inspect.json", json.dumps([{"Config": {"Env": [f"AWS_ACCESS_KEY_ID={i}", f"AWS_SECRET_ACCESS_KEY={s}", "PATH=/bin"]}}]))
    i, s = pair("ecs")
    write("task.json", json.dumps({"containerDefinitions": [{"environment": [{"name": "AWS_ACCESS_KEY_ID", "value": i}, {"name": "AWS_SECRET_ACCESS_KEY", "value": s}]}]}))
    i, s = pair("user-data")
    script = f"#!/bin/bash\nexport AWS_ACCESS_KEY_ID={i}\nexport AWS_SECRET_ACCESS_KEY={s}\n"
    write("main.tf", f'resource "aws_instance" "web" {{\n  user_data = "{b64(script)}"\n}}\n')
    i, s = pair("basic")
    write("call.sh", f'curl -H "Authorization: Basic {b64(i + ":" + s)}" https://acme.io/\n')
    (i, s), (i2, s2) = pair("rtf-runs"), pair("rtf-row")
    runs = "}{\\rtlch\\fcs1 \\af0 \\ltrch\\fcs0 ".join([s[:11], s[11:27], s[27:]])
    write(
        "notes.rtf",
        "{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Calibri;}}\\pard Access key: {\\b " + i + "}\\par\nSecret: {\\f0 " + runs + "}\\par\n"
        + "\\trowd\\cellx900\\cellx1800\\intbl key\\cell secret\\cell\\row\\intbl " + i2 + "\\cell " + s2 + "\\cell\\row\\pard}",
    )
    i, s = pair("gzip")
    write("app.log.gz", gzip.compress((f"started\nAWS_ACCESS_KEY_ID={i}\nAWS_SECRET_ACCESS_KEY={s}\n" * 3).encode(), mtime=0))


docx()
xlsx()
pptx()
odf()
pdf()
mail()
exports()
