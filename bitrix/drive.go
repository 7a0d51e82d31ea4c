package bitrix

import (
	"context"
	"iter"
)

// DriveFile is a file on Drive. A new version keeps its ID and changes FileID
// and Version.
type DriveFile struct {
	ID        ID     `json:"ID"`
	Name      Text   `json:"NAME"`
	StorageID ID     `json:"STORAGE_ID"`
	FolderID  ID     `json:"PARENT_ID"`
	FileID    ID     `json:"FILE_ID"`
	Version   Int    `json:"GLOBAL_CONTENT_VERSION"`
	Size      Int    `json:"SIZE"` // bytes
	Created   Time   `json:"CREATE_TIME"`
	Updated   Time   `json:"UPDATE_TIME"`
	CreatedBy ID     `json:"CREATED_BY"`
	UpdatedBy ID     `json:"UPDATED_BY"`
	Link      Secret `json:"DOWNLOAD_URL"` // for [Client.Download]; dies with the access token
	URL       string `json:"DETAIL_URL"`   // for a person who is signed in at the portal
}

// DriveVersion is an earlier or current version of a file on Drive.
type DriveVersion struct {
	ID        ID     `json:"ID"`
	FileID    ID     `json:"OBJECT_ID"` // the ID of the DriveFile
	Name      Text   `json:"NAME"`
	Version   Int    `json:"GLOBAL_CONTENT_VERSION"`
	Size      Int    `json:"SIZE"` // bytes
	Created   Time   `json:"CREATE_TIME"`
	CreatedBy ID     `json:"CREATED_BY"`
	Link      Secret `json:"DOWNLOAD_URL"` // for [Client.Download]; dies with the access token
}

// GetDriveFile is the command for [Client.DriveFile].
func GetDriveFile(id ID) Command[DriveFile] {
	return Read[DriveFile]("disk.file.get", Params{"id": id})
}

// DriveFile returns a file on Drive, also one that belongs to a comment or
// activity. It is [ErrNotFound], or [ErrAccessDenied] without rights on Drive.
// https://apidocs.bitrix24.com/api-reference/disk/file/disk-file-get.html
func (c *Client) DriveFile(ctx context.Context, id ID) (DriveFile, error) {
	return Call(ctx, c, GetDriveFile(id))
}

// UploadVersion replaces the content of a file on Drive, wherever it is
// attached. Its name stays. If the same user has changed the file within the
// last five minutes the portal joins the versions: the bytes before are gone.
// So keep them.
// https://apidocs.bitrix24.com/api-reference/disk/file/disk-file-upload-version.html
func (c *Client) UploadVersion(ctx context.Context, id ID, f File) (DriveFile, error) {
	return Call(ctx, c, Write[DriveFile]("disk.file.uploadVersion", Params{"id": id, "fileContent": f}))
}

// DriveVersions returns the versions of a file. On plans without history it
// is [ErrMethodNotFound].
// https://apidocs.bitrix24.com/api-reference/disk/file/disk-file-get-versions.html
func (c *Client) DriveVersions(ctx context.Context, id ID) iter.Seq2[DriveVersion, error] {
	return pages(ctx, c, Read[List[DriveVersion]]("disk.file.getVersions", Params{"id": id}))
}

// RestoreVersion makes an earlier version the content of a file again. On
// plans without history it is [ErrMethodNotFound].
// https://apidocs.bitrix24.com/api-reference/disk/file/disk-file-restore-from-version.html
func (c *Client) RestoreVersion(ctx context.Context, id, version ID) error {
	_, err := Call(ctx, c, Write[DriveFile]("disk.file.restoreFromVersion", Params{"id": id, "versionId": version}))
	return err
}
