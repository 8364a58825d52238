package datapath

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
)

// A backlog is what the processors of this host have to do with received frames before a socket
// sees them: one element a processor that is on line. A frame from a veth, or one that was steered
// to another processor, waits there.
type backlog []processor

// processor are the figures of one processor.
type processor struct {
	processed uint32 // Frames taken through the stack, ever.
	waiting   uint32 // Frames in its two backlog queues.
}

// Columns of /proc/net/softnet_stat. The second is there from Linux 5.10 on.
const (
	columnProcessed = 0
	columnWaiting   = 11
)

// backlogPath is where the kernel tells. It is reached through a process, since a service whose view of
// /proc is cut down to processes (ProcSubset=pid) has it there alone.
const backlogPath = "/proc/thread-self/net/softnet_stat"

// A backlogFile reads the backlog again and again: finding the file costs ten times what reading it
// does. One goroutine uses it at a time.
type backlogFile struct {
	file *os.File // Nil where the kernel does not tell.
	buf  []byte
}

// openBacklog finds the file, which is there from then on: how many descriptors the process has does
// not depend on what it has gone through.
func openBacklog() backlogFile {
	file, err := os.Open(backlogPath)
	if err != nil {
		return backlogFile{}
	}
	return backlogFile{file: file, buf: make([]byte, 4096)}
}

// read asks the kernel. It returns nil where the kernel does not tell.
func (f *backlogFile) read() backlog {
	if f.file == nil {
		return nil
	}
	n := 0
	for {
		if n == len(f.buf) {
			f.buf = append(f.buf, make([]byte, n)...)
		}
		got, err := f.file.ReadAt(f.buf[n:], int64(n)) // ReadAt returns io.EOF with whatever is less than all.
		n += got
		if err != nil && !errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return parseBacklog(f.buf[:n])
		}
	}
}

// close gives the file back.
func (f *backlogFile) close() {
	if f.file != nil {
		_ = f.file.Close() // Only read from.
	}
}

// parseBacklog reads softnet_stat: a line of hexadecimal columns a processor. It returns nil if a
// line lacks columns.
func parseBacklog(stat []byte) backlog {
	var b backlog
	for line := range bytes.Lines(stat) {
		var p processor
		column := 0
		for field := range bytes.FieldsSeq(line) {
			switch column {
			case columnProcessed, columnWaiting:
				n, err := strconv.ParseUint(string(field), 16, 32)
				if err != nil {
					return nil
				}
				if column == columnProcessed {
					p.processed = uint32(n)
				} else {
					p.waiting = uint32(n)
				}
			}
			column++
		}
		if column <= columnWaiting {
			return nil
		}
		b = append(b, p)
	}
	return b
}

// backlogStages is how many backlogs one frame may go through, one after the other: it waits anew behind
// each veth, and so does a frame that a bridge of this host hands on.
const backlogStages = 4

// A holdup is the wait until the frames that a backlog held have reached the sockets.
type holdup struct {
	before backlog
	passed int // How often what waited in before had gone through, to wait once more perhaps.
}

// over looks at the backlog once more and reports whether the wait is over: nothing waits any more, or
// what did at the beginning has gone through every stage that there can be.
func (h *holdup) over(now backlog) bool {
	if !h.before.passed(now) {
		return false
	}
	h.before = now
	h.passed++
	return h.passed == backlogStages || now.empty()
}

// empty reports whether nothing waits, or nothing can be told.
func (b backlog) empty() bool {
	return !slices.ContainsFunc(b, func(p processor) bool { return p.waiting > 0 })
}

// passed reports whether everything that waited in b had gone through the stack at the time of now.
// It is true where nothing can be told.
func (b backlog) passed(now backlog) bool {
	if len(now) != len(b) {
		return true // A processor went off line, and its queues with it, or nothing is known.
	}
	for i := range b {
		if now[i].waiting > 0 && now[i].processed-b[i].processed < b[i].waiting {
			return false
		}
	}
	return true
}
