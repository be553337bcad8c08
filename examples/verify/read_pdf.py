#!/usr/bin/env python3
"""Prints the text that programs of others read from the page of a reference: how applicants' files are read.
Argument: the PDF file. For each program: a line `== NAME`, and what it reads."""

import sys

import pdfminer.high_level
import pypdf
import pypdfium2


def with_pypdf(path):
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def with_pdfium(path):
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path))


for name, read in [
    ("pypdf", with_pypdf),
    ("pdfminer.six", pdfminer.high_level.extract_text),
    ("PDFium", with_pdfium),
]:
    print(f"== {name}\n{read(sys.argv[1])}")
