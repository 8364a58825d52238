package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"go.uber.org/zap"
)

// sqStore keeps the last value of SSCOP's VT(SQ) of each link in a file of the runtime
// directory, so that a restarted daemon does not look like a retransmission to
// its peer.
type sqStore struct {
	dir string
	log *zap.Logger
}

// sqRecord is the contents of a file.
type sqRecord struct {
	Link string `json:"link"`
	VTSQ *uint8 `json:"vt_sq"`
}

// path returns the file of a link. A name that is short and plain shows in the file's; of
// any other the file has the hash.
func (s *sqStore) path(link string) string {
	const longest = 64
	name := link
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
	}
	if len(link) > longest || strings.ContainsFunc(link, func(r rune) bool { return !plain(r) }) {
		sum := sha256.Sum256([]byte(link))
		name = "." + hex.EncodeToString(sum[:]) // no plain name begins so
	}
	return filepath.Join(s.dir, "sscop-"+name+".json")
}

// Load implements signalling.SQStore.
func (s *sqStore) Load(link string) (uint8, bool) {
	b, err := os.ReadFile(s.path(link))
	if err != nil {
		return 0, false
	}
	var r sqRecord
	if json.Unmarshal(b, &r) != nil || r.Link != link || r.VTSQ == nil {
		return 0, false // of another version, or damaged: as if there were none
	}
	return *r.VTSQ, true
}

// Save implements signalling.SQStore. The file is replaced whole.
func (s *sqStore) Save(link string, last uint8) {
	b, err := json.Marshal(sqRecord{Link: link, VTSQ: &last})
	tmp := s.path(link) + ".new"
	if err == nil {
		err = os.WriteFile(tmp, b, 0o600)
	}
	if err == nil {
		err = os.Rename(tmp, s.path(link))
	}
	if err != nil {
		_ = os.Remove(tmp)
		s.log.Warn("cannot keep VT(SQ); a restart may take one more attempt to connect", zap.String("link", link), zap.Error(err))
	}
}
