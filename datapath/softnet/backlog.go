package softnet

import (
	"bytes"
	"slices"
	"strconv"
)

// A Backlog is what the processors of this host have to do with received frames before a socket
// sees them: one element a processor that is on line. A frame from a veth, or one that was steered
// to another processor, waits there.
type Backlog []processor

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

// parse reads softnet_stat: a line of hexadecimal columns a processor. It returns nil if a
// line lacks columns.
func parse(stat []byte) Backlog {
	var b Backlog
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

// empty reports whether nothing waits, or nothing can be told.
func (b Backlog) empty() bool {
	return !slices.ContainsFunc(b, func(p processor) bool { return p.waiting > 0 })
}

// passed reports whether everything that waited in b had gone through the stack at the time of now.
// It is true where nothing can be told.
func (b Backlog) passed(now Backlog) bool {
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
