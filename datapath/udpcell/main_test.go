package udpcell_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestMain fails if a goroutine of this project outlives the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		buf := make([]byte, 1<<20)
		for _, s := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")[1:] {
			if strings.Contains(s, "callmanager/") {
				fmt.Fprintf(os.Stderr, "goroutine left behind:\n%s\n", s)
				code = 1
			}
		}
	}
	os.Exit(code)
}
