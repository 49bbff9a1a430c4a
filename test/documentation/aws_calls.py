"""Parses calls of the AWS CLI as the CLI itself does, without sending anything. Reads a JSON list of argument lists, writes a JSON list
of complaints."""
import contextlib
import io
import json
import sys

import awscli.clidriver
from awscli.argparser import ArgTableArgParser


def complaint(driver, words):
    commands = driver._get_command_table()
    parser = driver._create_parser(commands)
    known, rest = parser.parse_known_args(words)
    command = commands[known.command]
    if not hasattr(command, "_get_command_table"):
        # `aws s3 …`: customised commands have tables of their own.
        table = command.subcommand_table
        operation = table.get(rest[0])
        if operation is None:
            return f"no operation {rest[0]}"
        ArgTableArgParser(operation.arg_table).parse_args(rest[1:])
        return None
    table = command._get_command_table()
    operation = table.get(rest[0])
    if operation is None:
        return f"no operation {rest[0]}"
    # `wait` has operations below it.
    if rest[0] == "wait":
        operation = operation._get_command_table().get(rest[1]) if hasattr(operation, "_get_command_table") else operation.subcommand_table.get(rest[1])
        if operation is None:
            return f"no waiter {rest[1]}"
        rest = rest[1:]
    ArgTableArgParser(operation.arg_table).parse_args(rest[1:])
    return None


driver = awscli.clidriver.create_clidriver()
answers = []
for words in json.load(sys.stdin):
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            answers.append(complaint(driver, words))
    except SystemExit:
        answers.append(said.getvalue().strip().splitlines()[-1])
    except KeyError as error:
        answers.append(f"no service {error}")
json.dump(answers, sys.stdout)
