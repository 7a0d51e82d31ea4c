package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"signservice/app/backup"
	"signservice/app/i18n"
	"signservice/app/store"
	"signservice/app/store/bolt"
)

// backupCommand writes a backup: of the running service, or of its folder.
type backupCommand struct {
	Dir       string   `default:"/var/lib/signservice" env:"SIGNSERVICE_DIR" help:"Folder of the store and the spool." type:"path"`
	MasterKey string   `name:"master-key" env:"SIGNSERVICE_MASTER_KEY" help:"File with the master key, which only a service that is not running needs; without it the systemd credential master.key is read." type:"path" placeholder:"FILE"`
	Recipient []string `env:"SIGNSERVICE_BACKUP_RECIPIENTS" help:"Whom to encrypt it to: the public key that age-keygen prints. May be given several times; each alone can open the backup." placeholder:"age1…"`
	Keep      int      `env:"SIGNSERVICE_BACKUP_KEEP" help:"Where OUT is a folder: after a good backup, remove all but so many of the newest ones in it." placeholder:"NUMBER"`
	Force     bool     `help:"Replace OUT where it is a file."`
	Out       string   `arg:"" name:"OUT" help:"File to write, or a folder to write signservice-TIME.age into." type:"path"`
}

// Help tells what is in a backup, and what is not.
func (*backupCommand) Help() string {
	return "Examples:\n" +
		"  age-keygen -o backup-key.txt            # once; keep it apart from this machine\n" +
		"  signservice backup --recipient age1… --keep 14 /var/backups/signservice\n\n" +
		"In it are the store and the sealed spool, in one file encrypted to the recipients. Not in it are the master key, " +
		"without which a backup is worth nothing, and the files of the configuration: keep copies of these apart.\n\n" +
		"A running service is asked, and goes on meanwhile; it needs room for another copy of its store. " +
		"OUT gets its name when it is whole and on the disk. What is printed last names the newest entry of the journal in it: " +
		"who notes it elsewhere can tell an older backup from it, and a journal that was cut."
}

// Run writes the backup and prints what is in it.
func (c *backupCommand) Run(ctx context.Context, std streams) (err error) {
	if err := c.check(); err != nil {
		return &exitError{exitUsage, err}
	}
	source, leave, err := c.source(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	made, err := backup.Create(ctx, backup.Config{
		Dir: c.Dir, Source: source, Recipients: c.Recipient, Out: c.Out, Force: c.Force, Version: version(),
	})
	if made.Path != "" {
		words := i18n.For("en")
		fmt.Fprintf(std.out, "wrote %s: %s, %d files, journal up to entry %d %s\n",
			made.Path, words.Size(i18n.Size(made.Size)), len(made.Manifest.Files), made.Seq, made.Hash)
	}
	switch {
	case errors.Is(err, backup.ErrExists):
		return hinted(err, "give another name, a folder, or --force")
	case errors.Is(err, backup.ErrRecipient):
		return &exitError{exitUsage, hinted(err, "age-keygen -o backup-key.txt makes an identity and prints its recipient")}
	case err != nil:
		return err
	}
	return c.rotate(made.Path, std)
}

func (c *backupCommand) check() error {
	if len(c.Recipient) == 0 {
		return hinted(errors.New("nobody is named who can open the backup"), "give --recipient age1…, which age-keygen prints")
	}
	if info, err := os.Stat(c.Out); c.Keep != 0 && (c.Keep < 0 || err != nil || !info.IsDir()) {
		return hinted(errors.New("--keep needs a number above 0, and a folder as OUT"), "make the folder first; others in it are left alone")
	}
	return nil
}

// rotate removes the oldest backups beside a good one.
func (c *backupCommand) rotate(path string, std streams) error {
	if c.Keep == 0 {
		return nil
	}
	removed, err := backup.Rotate(filepath.Dir(path), c.Keep)
	for _, name := range removed {
		fmt.Fprintln(std.out, "removed", name)
	}
	return err
}

// source is the running service or, where none is running, the store itself.
func (c *backupCommand) source(ctx context.Context) (backup.Source, func() error, error) {
	running := &runningService{dir: c.Dir}
	err := running.ping(ctx)
	if err == nil {
		return running, func() error { return nil }, nil
	}
	if !errors.Is(err, errNoService) {
		return nil, nil, err
	}
	file := filepath.Join(c.Dir, storeName)
	if _, err := os.Stat(file); err != nil { // to open it would make one
		return nil, nil, hinted(fmt.Errorf("there is no store to back up: %w", err), "give the folder of the service as --dir")
	}
	keeper, err := openKeeper(config{MasterKey: c.MasterKey})
	if err != nil {
		return nil, nil, err
	}
	backend, err := bolt.Open(file, bolt.Options{})
	if err != nil {
		return nil, nil, err
	}
	records, err := store.New(ctx, backend, keeper, store.Options{})
	if err != nil {
		return nil, nil, errors.Join(err, backend.Close())
	}
	return records, records.Close, nil
}
