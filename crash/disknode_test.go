package crash

import (
	"context"
	"maps"
	"slices"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node shows a thing of the disk to the kernel. There is no file behind it that the kernel could write to past us.
type node struct {
	fs.Inode
	d *disk
	x *thing
}

// What the kernel asks of a node; without these guards a wrong signature would go unseen.
var (
	_ fs.NodeLookuper  = (*node)(nil)
	_ fs.NodeReaddirer = (*node)(nil)
	_ fs.NodeGetattrer = (*node)(nil)
	_ fs.NodeSetattrer = (*node)(nil)
	_ fs.NodeOpener    = (*node)(nil)
	_ fs.NodeCreater   = (*node)(nil)
	_ fs.NodeMknoder   = (*node)(nil)
	_ fs.NodeMkdirer   = (*node)(nil)
	_ fs.NodeUnlinker  = (*node)(nil)
	_ fs.NodeRmdirer   = (*node)(nil)
	_ fs.NodeRenamer   = (*node)(nil)
	_ fs.NodeReader    = (*node)(nil)
	_ fs.NodeWriter    = (*node)(nil)
	_ fs.NodeFsyncer   = (*node)(nil)
)

// mountDisk shows the disk at a folder. The kernel keeps the pages of a file, for all that changes it goes
// through the kernel; it keeps no names and no sizes.
func mountDisk(d *disk, at string) (*fuse.Server, error) {
	return fs.Mount(at, &node{d: d, x: d.root}, &fs.Options{MountOptions: fuse.MountOptions{
		DirectMountStrict: true, FsName: "till-crash", Name: "tillcrash", DisableXAttrs: true, ExplicitDataCacheControl: true,
	}})
}

// child is the kernel's side of a thing.
func (n *node) child(ctx context.Context, x *thing) *fs.Inode {
	return n.NewInode(ctx, &node{d: n.d, x: x}, fs.StableAttr{Mode: x.mode & syscall.S_IFMT, Ino: x.ino})
}

func (x *thing) attributes(out *fuse.Attr) {
	out.Ino, out.Mode, out.Size, out.Nlink = x.ino, x.mode, uint64(len(x.now)), 1
	out.Blksize, out.Blocks = 4096, (out.Size+sector-1)/sector
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	x := n.x.names[name]
	if x == nil {
		return nil, syscall.ENOENT
	}
	x.attributes(&out.Attr)
	return n.child(ctx, x), 0
}

func (n *node) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	var list []fuse.DirEntry
	for _, name := range slices.Sorted(maps.Keys(n.x.names)) {
		x := n.x.names[name]
		list = append(list, fuse.DirEntry{Name: name, Ino: x.ino, Mode: x.mode})
	}
	return fs.NewListDirStream(list), 0
}

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	n.x.attributes(&out.Attr)
	return 0
}

func (n *node) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if size, ok := in.GetSize(); ok {
		if errno := n.d.strike(n.x, aWrite, func(bool) { n.x.alter(change{at: int64(size), cut: true}) }); errno != 0 {
			return errno
		}
	}
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	if mode, ok := in.GetMode(); ok {
		n.x.mode = n.x.mode&syscall.S_IFMT | mode&^syscall.S_IFMT
	}
	n.x.attributes(&out.Attr)
	return 0
}

func (n *node) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_KEEP_CACHE, 0
}

// grow gives a new thing a name in this folder.
func (n *node) grow(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	n.d.mu.Lock()
	x := n.d.thing(mode)
	x.quiet = quietName(name)
	n.d.mu.Unlock()
	if errno := n.d.strike(x, aName, func(bool) { n.x.rename(move{to: name, of: x}) }); errno != 0 {
		return nil, errno
	}
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	x.attributes(&out.Attr)
	return n.child(ctx, x), 0
}

func (n *node) Create(ctx context.Context, name string, _ uint32, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	made, errno := n.grow(ctx, name, syscall.S_IFREG|mode&0o777, out)
	return made, nil, fuse.FOPEN_KEEP_CACHE, errno
}

func (n *node) Mknod(ctx context.Context, name string, mode, _ uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return n.grow(ctx, name, mode, out)
}

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return n.grow(ctx, name, syscall.S_IFDIR|mode&0o777, out)
}

// named is the thing of that name.
func (n *node) named(name string) *thing {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	return n.x.names[name]
}

func (n *node) Unlink(_ context.Context, name string) syscall.Errno {
	x := n.named(name)
	if x == nil {
		return syscall.ENOENT
	}
	return n.d.strike(x, aName, func(bool) { n.x.rename(move{from: name, of: x}) })
}

func (n *node) Rmdir(ctx context.Context, name string) syscall.Errno {
	if x := n.named(name); x != nil && len(x.names) > 0 {
		return syscall.ENOTEMPTY
	}
	return n.Unlink(ctx, name)
}

// Rename works within one folder, which is all that the terminal does.
func (n *node) Rename(_ context.Context, name string, to fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	if to.EmbeddedInode() != n.EmbeddedInode() || flags != 0 {
		return syscall.EXDEV
	}
	x := n.named(name)
	if x == nil {
		return syscall.ENOENT
	}
	return n.d.strike(x, aName, func(bool) { n.x.rename(move{from: name, to: newName, of: x}) })
}

func (n *node) Read(_ context.Context, _ fs.FileHandle, to []byte, at int64) (fuse.ReadResult, syscall.Errno) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	if at >= int64(len(n.x.now)) {
		return fuse.ReadResultData(nil), 0
	}
	return fuse.ReadResultData(to[:copy(to, n.x.now[at:])]), 0
}

func (n *node) Write(_ context.Context, _ fs.FileHandle, data []byte, at int64) (uint32, syscall.Errno) {
	taken := 0
	errno := n.d.strike(n.x, aWrite, func(short bool) {
		if taken = len(data); short {
			taken = (taken + 1) / 2
		}
		n.x.alter(change{at: at, data: append([]byte(nil), data[:taken]...)})
	})
	return uint32(taken), errno
}

func (n *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	return n.d.strike(n.x, aSync, func(bool) { n.x.flush() })
}
