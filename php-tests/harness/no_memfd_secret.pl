# Runs a command as on a kernel that has no memfd_secret(2): a seccomp filter answers ENOSYS. x86_64.
use strict;

# seccomp(2): load the number of the call; is it 447? then ENOSYS; else go on.
my $filter = pack('SCCL' x 4, 0x20, 0, 0, 0, 0x15, 0, 1, 447, 0x06, 0, 0, 0x00050000 | 38, 0x06, 0, 0, 0x7fff0000);
my $program = pack('Sx6P', 4, $filter);
# prctl(PR_SET_NO_NEW_PRIVS, 1), prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program)
syscall(157, 38, 1, 0, 0, 0) == 0 or die "no_new_privs: $!";
syscall(157, 22, 2, $program) == 0 or die "seccomp: $!";
exec @ARGV or die "exec: $!";
