package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// roleEnv makes this program play a part in a test instead of running tests: what the parts are
// stands in roles_test.go.
const roleEnv = "E2E_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleEnv); role != "" {
		os.Exit(play(role))
	}
	os.Exit(runTests(m))
}

// runTests runs the tests, removes what they built, and fails if a program found a data race.
func runTests(m *testing.M) int {
	flag.Parse()
	// Most of the time the tests wait for timers of the protocols.
	const atOnce = 5
	if f := flag.Lookup("test.parallel"); f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = f.Value.Set(strconv.Itoa(max(atOnce, runtime.GOMAXPROCS(0))))
	}
	code := m.Run()
	if n := reportRaces(); n > 0 && code == 0 {
		code = 1
	}
	if work.dir != "" {
		_ = os.RemoveAll(work.dir)
	}
	return code
}

// work is the directory of this run with the programs.
var work struct {
	once sync.Once
	dir  string
	err  error
}

// workDir returns the directory of this run. It can be entered by any user, since some of the tests
// are other users.
func workDir() (string, error) {
	work.once.Do(func() {
		if work.dir, work.err = os.MkdirTemp("", "cmd-e2e-"); work.err == nil {
			work.err = os.Chmod(work.dir, 0o755)
		}
		if work.err == nil {
			// The programs inherit this and write what the race detector finds there.
			work.err = os.Setenv("GORACE", "exitcode=66 log_path="+filepath.Join(work.dir, "race"))
		}
	})
	return work.dir, work.err
}

// reportRaces prints what the race detector found in the programs and returns how many reported.
func reportRaces() int {
	if work.dir == "" {
		return 0
	}
	reports, _ := filepath.Glob(filepath.Join(work.dir, "race.*"))
	for _, path := range reports {
		text, _ := os.ReadFile(path)
		fmt.Fprintf(os.Stderr, "--- FAIL: a program has a data race\n%s\n", text)
	}
	return len(reports)
}

// programs are the paths of the built programs.
type programs struct{ daemon, cmctl string }

// build builds the programs below the directory of this run.
func build(flags ...string) (programs, error) {
	dir, err := workDir()
	if err != nil {
		return programs{}, err
	}
	dir = filepath.Join(dir, "bin"+strings.Join(flags, ""))
	args := append([]string{"build"}, flags...)
	args = append(args, "-o", dir+string(filepath.Separator), "callmanager/cmd/...")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return programs{}, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return programs{daemon: filepath.Join(dir, "cmd-daemon"), cmctl: filepath.Join(dir, "cmctl")}, nil
}

// watched builds the programs as the tests are built, plain without the race detector.
var (
	watched = sync.OnceValues(func() (programs, error) {
		if raceEnabled {
			return build("-race")
		}
		return plain()
	})
	plain = sync.OnceValues(func() (programs, error) { return build() })
)

// need skips a test that has not got the rights that it needs, and returns the programs: those of the
// tests for a test, plain ones for a benchmark.
func need(tb testing.TB) programs {
	tb.Helper()
	if os.Geteuid() != 0 {
		tb.Skip("needs root: network namespaces take CAP_SYS_ADMIN and CAP_NET_ADMIN, packet sockets CAP_NET_RAW")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		tb.Skip("needs the program ip (Debian package iproute2)")
	}
	made := watched
	if _, ok := tb.(*testing.B); ok {
		made = plain
	}
	p, err := made()
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
