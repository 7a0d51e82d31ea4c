package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"signservice/app"
	"signservice/app/portal"
)

// config is everything the service is told from outside. Each field has a flag
// and an environment variable; README.md lists them.
type config struct {
	Listen  string `default:"127.0.0.1:8080" env:"SIGNSERVICE_LISTEN" help:"Address to listen on." placeholder:"HOST:PORT"`
	URL     string `name:"url" env:"SIGNSERVICE_URL" help:"Address under which browsers and portals reach the service, as https://sign.example.org."`
	Dir     string `default:"/var/lib/signservice" env:"SIGNSERVICE_DIR" help:"Folder of the store and the spool." type:"path"`
	AppFile string `name:"apps" env:"SIGNSERVICE_APPS" help:"JSON file with the local apps: [{\"client_id\":\"local.…\",\"client_secret\":\"…\"}]." type:"path" placeholder:"FILE"`

	MasterKey string `name:"master-key" env:"SIGNSERVICE_MASTER_KEY" help:"File with the master key, 32 bytes in base64 or hexadecimal; without it the systemd credential master.key is read." type:"path" placeholder:"FILE"`
	Tokens    string `env:"SIGNSERVICE_TOKENS" help:"JSON file with the PKCS#11 tokens: [{\"module\":\"/usr/lib/…so\",\"serial\":\"…\",\"pin_file\":\"…\",\"portals\":[\"…\"]}]." type:"path" placeholder:"FILE"`

	AuthServers []string `name:"auth-server" env:"SIGNSERVICE_AUTH_SERVERS" help:"Authorization servers to trust; the two of Bitrix24 when none is given." placeholder:"URL"`
	Proxies     []string `name:"trusted-proxy" env:"SIGNSERVICE_TRUSTED_PROXIES" help:"Networks whose X-Forwarded-For is believed." placeholder:"CIDR"`
	Allow       []string `name:"allow-network" env:"SIGNSERVICE_ALLOW_NETWORKS" help:"Networks that are not public and may be connected to: that of a portal, a time-stamp server or an authority of one's own." placeholder:"CIDR"`
	CAURL       string   `name:"ca-url" env:"SIGNSERVICE_CA_URL" help:"Address that certificates of the internal authorities carry; http://HOST/ca of --url when not given." placeholder:"URL"`
	Trust       []string `name:"trust" env:"SIGNSERVICE_TRUST" help:"File with root certificates, PEM or DER, of signers and time-stamp authorities that are known in every portal; may be given several times." type:"path" placeholder:"FILE"`
	MaxSize     int64    `name:"max-size" default:"50" env:"SIGNSERVICE_MAX_SIZE" help:"Largest document, in MB."`
	Workers     int      `default:"4" env:"SIGNSERVICE_WORKERS" help:"How many documents are signed at once."`

	MailServer   string `name:"mail-server" env:"SIGNSERVICE_MAIL_SERVER" help:"Mail server for setup links: smtps://host or smtp://host (STARTTLS)." placeholder:"URL"`
	MailUser     string `name:"mail-user" env:"SIGNSERVICE_MAIL_USER" help:"User at the mail server." placeholder:"NAME"`
	MailPassword string `name:"mail-password-file" env:"SIGNSERVICE_MAIL_PASSWORD_FILE" help:"File with the password at the mail server." type:"path" placeholder:"FILE"`
	MailFrom     string `name:"mail-from" env:"SIGNSERVICE_MAIL_FROM" help:"Sender's address of letters." placeholder:"ADDRESS"`

	// insecure lets portals and authorization servers be reached over plain
	// HTTP. Only the demo sets it; no flag does.
	insecure   bool
	plainHosts []string
	apps       []portal.App
}

// appEntry is one local app in the apps file.
type appEntry struct {
	ClientID     string     `json:"client_id"`
	ClientSecret jsonSecret `json:"client_secret"`
}

// jsonSecret reads a secret from JSON without ever being printed.
type jsonSecret struct{ value app.Secret }

func (s *jsonSecret) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return errors.New("a secret must be a text")
	}
	s.value = app.Secret(text)
	return nil
}

// readApps reads the file of local apps.
func readApps(file string) ([]portal.App, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var entries []appEntry
	if err := json.Unmarshal(data, &entries); err != nil {
		return nil, fmt.Errorf("apps file %s is not a JSON list of client_id and client_secret", file)
	}
	var apps []portal.App
	for i, e := range entries {
		if e.ClientID == "" || e.ClientSecret.value == "" {
			return nil, fmt.Errorf("apps file %s: entry %d needs client_id and client_secret", file, i+1)
		}
		apps = append(apps, portal.App{ClientID: e.ClientID, Secret: e.ClientSecret.value})
	}
	if len(apps) == 0 {
		return nil, fmt.Errorf("apps file %s lists no app", file)
	}
	return apps, nil
}

// allowed are the networks that may be connected to although they are not
// public.
func (c *config) allowed() ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range c.Allow {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("allowed network %q is not a network as 10.0.0.0/8", text)
		}
		list = append(list, p.Masked())
	}
	if c.insecure {
		list = append(list, netip.MustParsePrefix("127.0.0.0/8"))
	}
	return list, nil
}

// check refuses a configuration that cannot work, before anything is opened.
func (c *config) check() error {
	u, err := url.Parse(c.URL)
	if c.URL == "" || err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		u.Scheme != "https" && !(c.insecure && u.Scheme == "http") {
		return hinted(errors.New("the service's own address is missing or not an https address"),
			"give it as --url https://sign.example.org")
	}
	c.URL = strings.TrimSuffix(c.URL, "/")
	if c.MaxSize < 1 || c.MaxSize > 2000 {
		return errors.New("the largest document must be between 1 and 2000 MB")
	}
	if _, err := c.allowed(); err != nil {
		return err
	}
	for _, p := range c.Proxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			return fmt.Errorf("trusted proxy %q is not a network as 10.0.0.0/8", p)
		}
	}
	return nil
}
