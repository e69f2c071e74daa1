package compare

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A limiter holds processes to a share of a core each, by Linux control groups of
// version 1 or 2.
type limiter struct {
	dir   string // a group of its own, with a group for each process
	share float64
	v1    bool
}

// period is that of the scheduler's accounts, in microseconds.
const period = 100_000

// newLimiter returns an error that says why processes can't be held here.
func newLimiter(share float64) (*limiter, error) {
	name := fmt.Sprintf("webrtc-room-load-%d-%g", os.Getpid(), share)
	const v1 = "/sys/fs/cgroup/cpu"
	if _, err := os.Stat(filepath.Join(v1, "cpu.cfs_quota_us")); err == nil {
		l := &limiter{dir: filepath.Join(v1, name), share: share, v1: true}
		return l, os.Mkdir(l.dir, 0o755)
	}
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, errors.New("this system has no Linux control groups")
	}
	_, path, _ := strings.Cut(strings.TrimSpace(string(own)), "0::")
	l := &limiter{dir: filepath.Join("/sys/fs/cgroup", path, name), share: share}
	if err := os.Mkdir(l.dir, 0o755); err != nil {
		return nil, err
	}
	for _, parent := range []string{filepath.Dir(l.dir), l.dir} {
		if err := os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte("+cpu"), 0); err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
	return l, nil
}

// group returns the folder of a process's group.
func (l *limiter) group(process string) (string, error) {
	dir := filepath.Join(l.dir, process)
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	quota := strconv.Itoa(int(l.share * period))
	if l.v1 {
		if err := os.WriteFile(filepath.Join(dir, "cpu.cfs_period_us"), []byte(strconv.Itoa(period)), 0); err != nil {
			return "", err
		}
		return dir, os.WriteFile(filepath.Join(dir, "cpu.cfs_quota_us"), []byte(quota), 0)
	}
	return dir, os.WriteFile(filepath.Join(dir, "cpu.max"), fmt.Appendf(nil, "%s %d", quota, period), 0)
}

// enter is the shell's command that puts the shell into a group.
func enter(group string) string { return "echo $$ > '" + group + "/cgroup.procs' || exit 1\n" }

// close removes the groups, whose processes must have ended.
func (l *limiter) close() error {
	groups, _ := filepath.Glob(filepath.Join(l.dir, "*", "cgroup.procs"))
	var err error
	for _, group := range groups {
		err = errors.Join(err, os.Remove(filepath.Dir(group)))
	}
	return errors.Join(err, os.Remove(l.dir))
}
