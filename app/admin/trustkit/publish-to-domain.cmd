@echo off
rem Publishes the root in the Active Directory, from where all computers of the
rem forest get it. Run as a member of Enterprise Admins, once.
cd /d "%~dp0.."
certutil -dspublish -f root.cer RootCA
certutil -dspublish -f issuing.cer SubCA
gpupdate /force
pause
