package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// saved is the whole world as world.json keeps it; files lie beside it under
// their ids, one folder per portal.
type saved struct {
	AuthAddr string
	Tokens   []savedToken
	Deleted  []savedApp // apps that are gone but whose ids are still known
	Portals  []savedPortal
}

type savedToken struct {
	Access, Refresh         string
	App                     string // client id
	User, Depth             int
	Expires, RefreshExpires time.Time
	UsedAt                  time.Time
	FromEvent, Revoked      bool
}

// Save writes the world to a folder, which is made where it is missing: JSON
// and the files as they are. It holds tokens and secrets of apps, so only
// the owner may read it. A Save that fails leaves the earlier one whole.
// Sessions of visitors, faults, hooks, waiting events and records of calls are not kept.
func (c *Cloud) Save(dir string) error {
	c.mu.Lock()
	world, files := c.save()
	raw, err := json.MarshalIndent(world, "", "\t") // records share memory with the world
	c.mu.Unlock()
	if err != nil {
		return fmt.Errorf("save simulator: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("save simulator: %w", err)
	}
	for name, data := range files {
		if err := writeOnce(filepath.Join(dir, name), data); err != nil {
			return fmt.Errorf("save simulator: %w", err)
		}
	}
	if err := replaceFile(filepath.Join(dir, "world.json"), raw); err != nil {
		return fmt.Errorf("save simulator: %w", err)
	}
	return dropStale(dir, files)
}

// writeOnce writes a file that never changes.
func writeOnce(path string, data []byte) error {
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(data)) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return replaceFile(path, data)
}

func replaceFile(path string, data []byte) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// dropStale removes files that the world no longer has.
func dropStale(dir string, files map[string][]byte) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == "world.json" {
			return err
		}
		if _, ok := files[filepath.ToSlash(name)]; ok || filepath.Ext(name) != ".blob" {
			return nil
		}
		return os.Remove(path)
	})
}

func (c *Cloud) save() (saved, map[string][]byte) {
	out := saved{AuthAddr: c.cfg.AuthAddr}
	if c.Auth.url != nil {
		out.AuthAddr = c.Auth.url.Host
	}
	seen := map[*token]bool{}
	for _, set := range []map[string]*token{c.access, c.refresh} {
		for _, t := range set {
			if seen[t] {
				continue
			}
			seen[t] = true
			out.Tokens = append(out.Tokens, savedToken{
				t.access, t.refresh, t.app.ClientID, t.user, t.depth, t.expires, t.refreshExpires, t.usedAt, t.fromEvent, t.revoked,
			})
		}
	}
	for _, a := range c.apps {
		if a.deleted {
			out.Deleted = append(out.Deleted, a.save())
		}
	}
	files := map[string][]byte{}
	for _, p := range c.portals {
		out.Portals = append(out.Portals, p.save())
		for id, b := range p.blobs {
			files[blobPath(p.cfg.MemberID, id)] = b.data
		}
	}
	return out, files
}

func blobPath(member string, id int) string { return member + "/" + itoa(id) + ".blob" }

// Load fills an empty cloud from a folder that [Cloud.Save] has written. The servers
// will listen where they did before. It returns an error that is fs.ErrNotExist
// when nothing was saved there.
func (c *Cloud) Load(dir string) error {
	raw, err := os.ReadFile(filepath.Join(dir, "world.json"))
	if err != nil {
		return fmt.Errorf("load simulator: %w", err)
	}
	var world saved
	if err := json.Unmarshal(raw, &world); err != nil {
		return fmt.Errorf("load simulator: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.portals) > 0 {
		return errors.New("load simulator: the world is not empty")
	}
	if c.cfg.AuthAddr == "127.0.0.1:0" {
		c.cfg.AuthAddr = world.AuthAddr
	}
	for i, s := range world.Portals {
		p, err := c.loadPortal(dir, s, i+1)
		if err != nil {
			return fmt.Errorf("load simulator: %w", err)
		}
		c.portals = append(c.portals, p)
	}
	for _, s := range world.Deleted {
		for _, p := range c.portals {
			if p.cfg.MemberID == s.Member {
				a := s.load(p)
				a.deleted = true
				c.apps[a.ClientID] = a
			}
		}
	}
	for _, s := range world.Tokens {
		if a := c.apps[s.App]; a != nil {
			t := &token{s.Access, s.Refresh, a, s.User, s.Expires, s.RefreshExpires, s.UsedAt, s.Depth, s.FromEvent, s.Revoked}
			c.access[t.access], c.refresh[t.refresh] = t, t
		}
	}
	return nil
}
