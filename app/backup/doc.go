// Package backup writes what SignService must not lose into one encrypted file,
// and makes a folder of such a file again.
//
// # Use
//
//	made, err := backup.Create(ctx, backup.Config{
//		Dir: "/var/lib/signservice", Source: store, Recipients: []string{"age1…"},
//		Out: "/var/backups/signservice", Version: version,
//	})
//	restored, err := backup.Restore(ctx, backup.RestoreConfig{
//		In: made.Path, Identity: "backup-key.txt", Dir: "/var/lib/signservice", Keeper: keeper,
//	})
//
// # What is in it
//
// The store, the sealed files of the spool with the spool's sealed key, and the
// marks of the PINs that tokens have not accepted. Not the master key, without
// which nothing that is sealed in the copy opens: it is kept apart, on paper or
// in a safe. Not the configuration with the secrets of the local apps and the
// PINs of tokens, which lies in files of the operator's, and nothing that is made
// anew by itself, such as the compiled preview.
//
// The file is an age file (age-encryption.org/v1) with a tar in it, so that it
// can be opened without us:
//
//	age -d -i backup-key.txt signservice-20261123T020000Z.age | tar -t
//
// First comes a note of which format it is, last a manifest with the SHA-256 of
// every file, the moment, the number of migrations, and the newest audit entry.
// A new format gets a new number; a program reads its own and all older ones.
//
// # The order
//
// The store is copied first, as it is at one moment; then the files of the spool.
// A Request's file is durable before the store names it, and does not change
// under its name while the Request needs it, so every Request in the copy that
// still needs a file has it. Two things may happen between the two, and both are
// harmless: the sweep deletes files of Requests that have been kept long enough,
// and these are missing in the copy, which says that they are due to be deleted;
// and files of newer Requests are there which the store in the copy does not know.
// A document that was signed anew in between, after a failure, lies beside a
// Request that names the file before: its delivery is refused, since the kept
// file is not the one that it names.
//
// # Promises
//
// Create writes under another name in the same folder, has the disk keep it, and
// then gives it its name: a file under that name is whole, whatever happens. It
// never takes the place of another file unless it is told to. The note in the
// store and in the audit log follows; when it fails the file is good all the same
// ([ErrNotNoted]).
//
// Restore writes into a folder of its own and gives it its name, or moves what it
// holds into an empty folder, when all of it has proved right: the file is whole
// and unaltered, each file has its checksum, the structure of the store hangs
// together, and, with the master key, the store and the spool belong to that key
// and the audit log is unbroken up to the entry that the manifest names. Otherwise
// nothing is left behind.
//
// Neither holds more in memory than the names of the files, however large they are.
//
// # What it is not
//
// Everybody who knows a recipient can make a file that opens: what proves that a
// backup is ours are the seals of the records, which only the master key can tell.
// An older backup is as good as the newest to all of these checks; the number and
// hash of the newest audit entry, which are told when a backup is made, show which
// one it is.
package backup
