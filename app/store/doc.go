// Package store keeps records.
package store
