package portal

import (
	"context"
	"errors"

	"signservice/app"
	"signservice/bitrix"
)

// directory is the part of a batch that asks Drive about objects, and who has
// put them there.
type directory struct {
	drive map[bitrix.ID]*bitrix.Result[bitrix.DriveFile]
	users *bitrix.Result[bitrix.List[bitrix.User]]
}

func askDirectory(b *bitrix.Batch, files []candidate) directory {
	d := directory{drive: map[bitrix.ID]*bitrix.Result[bitrix.DriveFile]{}}
	var authors []bitrix.ID
	seen := map[bitrix.ID]bool{}
	for _, f := range files {
		if f.object != 0 && d.drive[f.object] == nil {
			d.drive[f.object] = bitrix.Add(b, bitrix.GetDriveFile(f.object))
		}
		if f.Author == "" && f.author != 0 && !seen[f.author] {
			seen[f.author] = true
			authors = append(authors, f.author)
		}
	}
	if len(authors) > 0 && b.Len() < bitrix.MaxBatch {
		d.users = bitrix.Add(b, bitrix.ListUsers(authors))
	}
	return d
}

// names are the authors' by their ids. They are a nicety: an app may lack the
// permission to read users.
func (d directory) names() map[bitrix.ID]string {
	names := map[bitrix.ID]string{}
	if d.users == nil {
		return names
	}
	users, err := d.users.Value()
	if err != nil {
		return names
	}
	for _, u := range users {
		names[u.ID] = fullName(u.Name, u.LastName)
	}
	return names
}

// lookUp completes files of the timeline with what Drive and the directory
// tell, in one call. Files that Drive knows no more are left out.
func (p *Portals) lookUp(ctx context.Context, c *bitrix.Client, files []candidate) ([]candidate, error) {
	var b bitrix.Batch
	d := askDirectory(&b, files)
	if err := c.Run(ctx, &b); err != nil {
		return nil, err
	}
	names := d.names()
	kept := files[:0]
	for _, f := range files {
		if f.Author == "" {
			f.Author = names[f.author]
		}
		if f.object != 0 {
			file, err := d.drive[f.object].Value()
			if err != nil && (passing(err) || errors.Is(err, bitrix.ErrUnexpectedAnswer)) {
				file, err = c.DriveFile(ctx, f.object) // the client renews and repeats for calls
			}
			switch {
			case errors.Is(err, bitrix.ErrNotFound):
				continue
			case err != nil && passing(err):
				return nil, err
			}
			f.onDrive(file, err)
		}
		kept = append(kept, f)
	}
	return kept, nil
}

// onDrive completes a file by its object on Drive. Where the user's rights do
// not reach there, a file of an activity is read through the activity; one of
// a comment cannot be read by an application at all.
func (f *candidate) onDrive(file bitrix.DriveFile, err error) {
	if err == nil {
		f.Version, f.link = file.FileID.String(), file.Link
		f.key, f.known = factKey{id: file.FileID}, true
		f.fact = fact{name: string(file.Name), size: int64(file.Size), pdf: isPDFName(string(file.Name))}
		return
	}
	f.key = factKey{id: f.object, object: true}
	if f.Source == app.SourceComment {
		f.Unreadable = unreadable(err)
	}
}

// unreadable says why a file on Drive cannot be read.
func unreadable(err error) string {
	if errors.Is(err, bitrix.ErrInsufficientScope) {
		return "document.drive-permission"
	}
	return "document.drive-right"
}
