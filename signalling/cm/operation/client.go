package operation

import (
	"strings"
	"unicode"
)

// ClientID names one connection of a client to the daemon. It is not reused.
type ClientID uint64

// Credentials tell who is at the other end of a connection, from SO_PEERCRED
// and SO_PEERGROUPS.
type Credentials struct {
	PID      int32
	UID, GID uint32
	Groups   []uint32
	// Admin tells that the client may act on what is not its own: root, or a
	// member of the group cmd-admin.
	Admin bool
}

// maxName bounds the name that a client gives itself, in octets.
const maxName = 64

// CleanName makes a client's name fit for lists: printable, and of at most 64 octets.
func CleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	for len(s) > maxName {
		s = strings.ToValidUTF8(s[:maxName], "")
	}
	return s
}
