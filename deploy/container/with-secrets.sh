#!/bin/sh
# Runs a program with an object store's credentials in its environment, where it looks for them, from files: for each
# NAME below, NAME_FILE says which. So they stand in no image, no compose file and no list of processes.
set -eu
for name in AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AZURE_STORAGE_ACCOUNT_KEY; do
    eval "file=\${${name}_FILE:-}"
    [ -n "$file" ] || continue
    value=$(cat "$file")
    export "$name=$value"
    unset "${name}_FILE"
done
exec "$@"
