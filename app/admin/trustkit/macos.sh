#!/bin/sh
# Trusts the root for signed messages and documents on this Mac, not for web sites.
set -e
cd "$(dirname "$0")/.."
sudo security add-trusted-cert -d -r trustRoot -p smime -k /Library/Keychains/System.keychain root.cer
sudo security add-certificates -k /Library/Keychains/System.keychain issuing.cer
