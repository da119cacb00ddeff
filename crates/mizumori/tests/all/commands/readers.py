"""What DuckDB and deltalake see in a table: in exposures rows and secrets by source, month, host and kind; in counts all of it."""

import glob
import json
import os
import sys

# What the readers' libraries have to say, they may say on standard output: it is kept apart from the answer.
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import duckdb  # noqa: E402
import duckdb_extension_delta  # noqa: E402
from deltalake import DeltaTable, QueryBuilder  # noqa: E402

table = sys.argv[1]
exposures = """
    SELECT source, CAST(month AS VARCHAR) AS month, host, secret_kind, count(*) AS n, count(DISTINCT secret_tag) AS secrets
    FROM {} GROUP BY source, month, host, secret_kind
    ORDER BY source, host, secret_kind
"""
counts = """
    SELECT source, place, CAST(month AS VARCHAR) AS month, domain, host, n, again FROM {} ORDER BY source, host
"""
query = counts if os.path.basename(table) == "counts" else exposures

# By path: nothing is fetched while tests run.
folder = list(duckdb_extension_delta.__path__)[0]
extension = glob.glob(os.path.join(folder, "extensions", "*", "delta.duckdb_extension"))[0]
database = duckdb.connect(config={"autoinstall_known_extensions": "false"})
database.execute(f"LOAD '{extension}'")
duck = [list(row) for row in database.execute(query.format(f"delta_scan('{table}')")).fetchall()]

batches = QueryBuilder().register("t", DeltaTable(table)).execute(query.format("t")).read_all()
columns = [column.to_pylist() for column in batches.columns]
delta = [list(row) for row in zip(*columns)]

print(json.dumps({"duckdb": duck, "deltalake": delta}), file=answer, flush=True)
