package softnet

import (
	"errors"
	"io"
	"os"
)

// path is where the kernel tells. It is reached through a process, since a service whose view of
// /proc is cut down to processes (ProcSubset=pid) has it there alone.
const path = "/proc/thread-self/net/softnet_stat"

// A Reader reads the backlog again and again: finding the file costs ten times what reading it
// does. One goroutine uses it at a time. The zero value reads nothing, as where the kernel does not tell.
type Reader struct {
	file *os.File // Nil where the kernel does not tell.
	buf  []byte
}

// Open finds the file, which is there until Close: how many descriptors the process has does
// not depend on what it has gone through.
func Open() Reader { return open(path) }

func open(name string) Reader {
	file, err := os.Open(name)
	if err != nil {
		return Reader{}
	}
	return Reader{file: file, buf: make([]byte, 4096)}
}

// Read asks the kernel, for which it does not wait. It returns nil where the kernel does not tell. The result is the
// caller's.
func (r *Reader) Read() Backlog {
	if r.file == nil {
		return nil
	}
	n := 0
	for {
		if n == len(r.buf) {
			r.buf = append(r.buf, make([]byte, n)...)
		}
		got, err := r.file.ReadAt(r.buf[n:], int64(n)) // ReadAt returns io.EOF with whatever is less than all.
		n += got
		if err != nil && !errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return parse(r.buf[:n])
		}
	}
}

// Close gives the file back. The reader reads no more.
func (r *Reader) Close() {
	if r.file != nil {
		_ = r.file.Close() // Only read from.
	}
}
