#!/usr/bin/env bash
# upload.sh BUCKET: copies dist-release/site to a Cloud Storage bucket that serves it to everybody. Needs the gcloud command,
# signed in. Cloud Storage cannot send the headers that let threads share memory: the studio's service worker adds them.
set -euo pipefail
bucket=${1:?usage: upload.sh BUCKET}
site=$(cd "$(dirname "$0")/../../dist-release/site" && pwd)

gcloud storage buckets describe "gs://$bucket" >/dev/null 2>&1 ||
  gcloud storage buckets create "gs://$bucket" --uniform-bucket-level-access
gcloud storage buckets update "gs://$bucket" --web-main-page-suffix=index.html
gcloud storage buckets add-iam-policy-binding "gs://$bucket" --member=allUsers --role=roles/storage.objectViewer

# Files of assets/ bear a hash of their contents in their names.
gcloud storage cp --recursive --cache-control='no-cache' "$site"/* "gs://$bucket/"
for assets in "$site"/*/assets; do
  version=$(basename "$(dirname "$assets")")
  gcloud storage objects update "gs://$bucket/$version/assets/**" --cache-control='public, max-age=31536000, immutable'
done
echo "https://storage.googleapis.com/$bucket/latest/index.html"
