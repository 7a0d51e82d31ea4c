package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"signservice/app"
	"signservice/app/backup"
	"signservice/app/i18n"
	"signservice/app/secret"
)

// restoreCommand makes a folder of a backup.
type restoreCommand struct {
	Identity     string `required:"" env:"SIGNSERVICE_BACKUP_IDENTITY" help:"File with the identity that opens the backup, as age-keygen wrote it." type:"path" placeholder:"FILE"`
	Dir          string `required:"" help:"Folder to make; it may be there when it is empty." type:"path" placeholder:"FOLDER"`
	MasterKey    string `name:"master-key" env:"SIGNSERVICE_MASTER_KEY" help:"File with the master key: proves that the backup is yours, and its journal whole. Without it the systemd credential master.key is read; where there is none, neither is proved." type:"path" placeholder:"FILE"`
	AlteredAudit bool   `name:"altered-journal" help:"Restore a backup although the journal in it was altered before it was made."`
	In           string `arg:"" name:"BACKUP" help:"The backup." type:"path"`
}

// Help tells what a restore does, and what it never does.
func (*restoreCommand) Help() string {
	return "Example:\n" +
		"  systemctl stop signservice && mv /var/lib/signservice /var/lib/signservice.old\n" +
		"  signservice restore --identity backup-key.txt --master-key /etc/signservice/master.key \\\n" +
		"    --dir /var/lib/signservice signservice-20261123T020000Z.age\n\n" +
		"All of it is checked before the folder gets its name: every checksum, the structure of the store, the master key, the whole journal. " +
		"A file that is cut off, altered, or none of ours is refused, and leaves nothing behind. A folder that holds anything is never touched."
}

// Run restores and says what to do next.
func (c *restoreCommand) Run(ctx context.Context, std streams) error {
	keeper, err := c.keeper()
	if err != nil {
		return err
	}
	restored, err := backup.Restore(ctx, backup.RestoreConfig{
		In: c.In, Identity: c.Identity, Dir: c.Dir, Keeper: keeper, AlteredAudit: c.AlteredAudit,
	})
	if err != nil {
		return restoreHint(err)
	}
	c.tell(std.out, restored)
	return nil
}

// keeper opens the master key; nil where none is given.
func (c *restoreCommand) keeper() (*secret.Keeper, error) {
	if c.MasterKey == "" && os.Getenv("CREDENTIALS_DIRECTORY") == "" {
		return nil, nil //nolint:nilnil // absence is an answer here
	}
	return openKeeper(config{MasterKey: c.MasterKey})
}

// restoreHint adds what to do to the reason for which nothing was restored.
func restoreHint(err error) error {
	var failure *app.Error
	switch {
	case errors.Is(err, backup.ErrNotEmpty):
		return hinted(err, "move what is in it away, or name another folder with --dir")
	case errors.Is(err, backup.ErrOtherKey):
		return hinted(err, "look for the identity whose public key was given as --recipient when the backup was made")
	case errors.Is(err, backup.ErrIdentity):
		return hinted(err, "give the file that age-keygen -o wrote; one with a passphrase is opened first: age -d key.age > key.txt")
	case errors.Is(err, backup.ErrNewer):
		return hinted(err, "restore it with that version or a newer one")
	case errors.Is(err, backup.ErrAudit):
		return hinted(err, "take an older backup; if there is none, --altered-journal restores this one")
	case errors.Is(err, backup.ErrDamaged), errors.Is(err, backup.ErrForeign):
		return hinted(err, "nothing was restored; fetch the file once more, or take another backup")
	case errors.As(err, &failure) && failure.Key == "master.wrong":
		return hinted(err, "nothing was restored; give the master key that the service had when the backup was made")
	}
	return err
}

// tell prints what was restored and what to do next.
func (c *restoreCommand) tell(w io.Writer, r backup.Restored) {
	words, m := i18n.For("en"), r.Manifest
	fmt.Fprintf(w, "restored %s: %d files, %s, as of %s, written by %s\n",
		c.Dir, len(m.Files), words.Size(i18n.Size(m.Bytes())), m.At.Format(time.RFC3339), m.Version)
	switch {
	case !r.Proved:
		fmt.Fprintf(w, "NOT proved, since no master key was given: that the backup is yours, and that its journal is whole (up to entry %d %s)\n", m.Seq, m.Hash)
	case r.FirstBad > 0:
		fmt.Fprintf(w, "the master key fits; the journal was ALTERED at entry %d; it ends at entry %d %s\n", r.FirstBad, m.Seq, m.Hash)
	default:
		fmt.Fprintf(w, "the master key fits; the journal is whole up to entry %d %s\n", m.Seq, m.Hash)
	}
	fmt.Fprintf(w, "\nnext:\n"+
		"  1. give the folder to the service's user: chown -R signservice: %s\n"+
		"  2. put the master key and the files of the configuration in their places; they are not in a backup\n"+
		"  3. signservice doctor --dir %s, with the flags or the environment of serve; then start the service\n"+
		"  4. what was done since %s is gone: look at the deals for files signed since, bind again the phones bound since,\n"+
		"     and revoke again the certificates revoked since\n", c.Dir, c.Dir, m.At.Format(time.RFC3339))
}
