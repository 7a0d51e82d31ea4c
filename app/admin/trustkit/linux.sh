#!/bin/sh
# Trusts the root for documents and mail, not for web sites, in the certificate
# database of this user: "," before C leaves web sites out.
# Needs certutil of NSS: apt install libnss3-tools, dnf install nss-tools.
set -e
cd "$(dirname "$0")/.."
db="${1:-$HOME/.pki/nssdb}"
mkdir -p "$db"
[ -f "$db/cert9.db" ] || certutil -N -d "sql:$db" --empty-password
certutil -A -d "sql:$db" -t ",C," -n "SignService root {{.Short}}" -i root.cer
certutil -A -d "sql:$db" -t ",," -n "SignService issuing {{.Short}}" -i issuing.cer
