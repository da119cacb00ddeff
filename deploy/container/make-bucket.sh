#!/bin/sh
# Makes the bucket $1, where it is not there yet. Needs curl, and credentials in the environment.
set -eu
ask() {
    printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" |
        curl --config - --silent --show-error --fail --output /dev/null \
            --aws-sigv4 "aws:amz:$AWS_REGION:s3" "$@"
}
url=$AWS_ENDPOINT_URL/$1
if ask --head "$url" 2>/dev/null; then
    echo "the bucket $1 is there"
else
    ask --request PUT "$url"
    echo "made the bucket $1"
fi
