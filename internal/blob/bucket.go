package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket keeps objects in a store that speaks S3.
type bucket struct {
	client *minio.Client
	name   string
	prefix string // "" or ends with a slash
}

func openBucket(u *url.URL) (Store, error) {
	q := u.Query()
	endpoint := q.Get("endpoint")
	if u.Host == "" || endpoint == "" {
		return nil, errors.New("an object store is given as s3://bucket/prefix?endpoint=host:port, and both names are needed")
	}
	client, err := minio.New(endpoint, &minio.Options{
		Creds: credentials.NewEnvAWS(), Secure: q.Get("insecure") != "true", Region: q.Get("region"),
		// By path, not by host name: stores on one's own machines have no wildcard names.
		BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		return nil, fmt.Errorf("reach the object store: %w", err)
	}
	prefix := strings.Trim(u.Path, "/")
	if prefix != "" {
		prefix += "/"
	}
	return bucket{client, u.Host, prefix}, nil
}

func (b bucket) Put(ctx context.Context, name string, data []byte) error {
	if err := checked(name); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := b.client.PutObject(ctx, b.name, b.prefix+name, bytes.NewReader(data), int64(len(data)),
		minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true})
	return away(err, "write an object")
}

func (b bucket) Get(ctx context.Context, name string) ([]byte, error) {
	if err := checked(name); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	object, err := b.client.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, away(err, "read an object")
	}
	defer object.Close()
	data, err := io.ReadAll(io.LimitReader(object, mostSize))
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return nil, ErrNone
	}
	return data, away(err, "read an object")
}

func (b bucket) Delete(ctx context.Context, name string) error {
	if err := checked(name); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return away(b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{}), "delete an object")
}

func (b bucket) Names(ctx context.Context, prefix string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var names []string
	for object := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix + prefix, Recursive: true}) {
		if object.Err != nil {
			return nil, away(object.Err, "list objects")
		}
		names = append(names, strings.TrimPrefix(object.Key, b.prefix))
	}
	slices.Sort(names)
	return names, nil
}

func (b bucket) Check(ctx context.Context) error { return check(ctx, b) }
