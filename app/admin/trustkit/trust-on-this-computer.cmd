@echo off
rem Trusts the root on this computer. Run as administrator.
cd /d "%~dp0.."
certutil -addstore -f Root root.cer
certutil -addstore -f CA issuing.cer
pause
