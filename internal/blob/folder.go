package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// folder keeps each object in a file. os.Root keeps every name inside of it.
type folder struct{ root *os.Root }

// parts are files on their way; a crash leaves them behind, and they mean nothing.
const parts = ".part-"

func openFolder(at string) (Store, error) {
	if err := os.MkdirAll(at, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, err
	}
	return folder{root}, nil
}

func (f folder) Put(_ context.Context, name string, data []byte) error {
	if err := checked(name); err != nil {
		return err
	}
	return away(f.put(name, data), "write an object")
}

// put writes aside, syncs, and renames: another reader sees the old object or the new
// one. The folder is synced too, since it is what holds the name.
func (f folder) put(name string, data []byte) error {
	dir := path.Dir(name)
	if err := f.root.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	aside := path.Join(dir, parts+rand.Text())
	file, err := f.root.OpenFile(aside, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = f.root.Rename(aside, name)
	}
	if err != nil {
		return errors.Join(err, f.root.Remove(aside))
	}
	return f.sync(dir)
}

func (f folder) sync(dir string) error {
	for {
		d, err := f.root.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil || dir == "." {
			return err
		}
		dir = path.Dir(dir)
	}
}

func (f folder) Get(_ context.Context, name string) ([]byte, error) {
	if err := checked(name); err != nil {
		return nil, err
	}
	file, err := f.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, away(err, "read an object")
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, mostSize))
	return data, away(err, "read an object")
}

func (f folder) Delete(_ context.Context, name string) error {
	if err := checked(name); err != nil {
		return err
	}
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return away(err, "delete an object")
	}
	return nil
}

func (f folder) Names(_ context.Context, prefix string) ([]string, error) {
	var names []string
	from := "." // no further up than the prefix says: a million photos lie beside
	if at := strings.LastIndexByte(prefix, '/'); at > 0 {
		from = prefix[:at]
	}
	err := fs.WalkDir(f.root.FS(), from, func(name string, d fs.DirEntry, err error) error {
		if name == from && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !d.IsDir() && strings.HasPrefix(name, prefix) && !strings.HasPrefix(d.Name(), parts) {
			names = append(names, name)
		}
		return err
	})
	slices.Sort(names)
	return names, away(err, "list objects")
}

func (f folder) Check(ctx context.Context) error { return check(ctx, f) }
