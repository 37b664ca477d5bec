# Run by a guest's own shell, of el5 or like it: bash 3.2, yum 3.2.22, rpm 4.4, mkinitrd 5.1.

# What rpm of a guest that was not shut down held locked is locked no more: rc.sysinit does the same.
rm -f /var/lib/rpm/__db*
set -f
name='@NAME@'
where='@WHERE@' # own, local or a URL
key='@KEY@'     # a file beside this: what the packages must be signed with; or nothing
here=${0%/*}    # outside the guest's disk; it holds what the host's directory holds
ours=/etc/yum.repos.d/voyageur-kernel.repo
menu=/boot/grub/grub.conf

fail() {
  echo "$*"
  exit 1
}

# Xen goes on starting what it did: new-kernel-pkg may have made the new kernel the default. Beside
# it first, so that on a full disk the menu is an old one or the new one, and whole.
put_back() {
  rm -f $ours
  [ -f $here/.menu ] && ! cmp -s $here/.menu $menu || return 0
  cp -p $here/.menu $menu.voyageur && cmp -s $here/.menu $menu.voyageur &&
    mv -f $menu.voyageur $menu && return 0
  rm -f $menu.voyageur
  echo "$menu could not be put back"
  return 1
}
if [ -f $menu ]; then
  menu=$(readlink -f $menu)
  cp -p $menu $here/.menu || exit
fi
trap 'status=$?; put_back || status=1; exit $status' 0

options=
local_files=
keys=
case $where in
  own) ;;
  local)
    if [ -f $here/repodata/repomd.xml ]; then
      baseurl=file://$here
    else
      set +f
      local_files=$(echo $here/*.rpm)
      set -f
    fi
    options='--disablerepo=*'
    [ -n "$key" ] || options="$options --nogpgcheck"
    ;;
  *)
    baseurl=$where
    options='--disablerepo=*'
    # The keys that its own repositories name: yum imports the one that a package is signed with. A
    # value goes on in the next line if that begins with a blank, as yum's ConfigParser has it.
    set +f
    keys=$(cat /etc/yum.repos.d/*.repo 2>/dev/null | awk '
      /^[#;]/ || /^[ \t\r]*$/ { next }
      /^gpgkey[ \t]*[=:]/ { sub(/^gpgkey[ \t]*[=:]/, ""); print; inside = 1; next }
      /^[ \t]/ { if (inside) print; next }
      { inside = 0 }' | tr -s ', \t\r' '\n' | sort -u)
    set -f
    ;;
esac
[ -z "$key" ] || keys=file://$here/$key
before=$(rpm -q $name)
if [ -n "$local_files" ]; then
  if [ -n "$key" ]; then
    # For a file, yum goes by its own gpgcheck and by the keys that rpm has. rpm of el5 takes the
    # first key of a file alone.
    awk -v part=$here/$key- '/^-----BEGIN/ { n++ } n { print > (part n) }' $here/$key
    set +f
    for part in $here/$key-*; do rpm --import $part || exit; done
    set -f
    sed -e '/^gpgcheck/d' -e '/^\[main\]/a gpgcheck=1' /etc/yum.conf >$here/.yum.conf || exit
    options="-c $here/.yum.conf $options"
  fi
  yum -y $options localinstall $local_files
else
  if [ -n "$options" ]; then
    cat >$ours <<END || exit
[voyageur-kernel]
name=What --kernel-repo names
baseurl=$baseurl
enabled=0
${keys:+gpgkey=$(echo $keys)}
${key:+gpgcheck=1}
END
    options="$options --enablerepo=voyageur-kernel"
  fi
  yum -y $options install $name
fi
status=$?

# This yum ends with 0 when it has found nothing to do, and with 1 when it has installed a package
# one of whose scripts failed, as a kernel's does when mkinitrd lacks a driver. That one is run again.
if ! rpm -q $name >/dev/null; then
  [ $status = 0 ] || exit $status
  fail "yum did not install $name: no repository has it, or an exclude= in yum's configuration keeps it out"
fi
if [ $status != 0 ]; then
  [ "$before" != "$(rpm -q $name)" ] || exit $status
  echo "yum ended with status $status, and $name is installed"
fi
package=$(rpm -q --qf '%{INSTALLTIME} %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\n' $name |
  sort -n | tail -n 1)
package=${package#* }
version=$(rpm -ql $package | sed -n 's,^/boot/vmlinuz-,,p')
[ -n "$version" ] || fail "$package is no kernel: it has no /boot/vmlinuz-VERSION"

initrd=/boot/initrd-$version.img
depmod -a $version || exit
# With what the kernel has of it: drivers may be built in, and what it lacks is seen afterwards. The
# last, which may be missing without a word, is the driver of Xen's disks in kernels for both.
mkinitrd -f --allow-missing --with=virtio_blk --with=virtio_pci --with=virtio_net --builtin=xenblk \
  --with=-xen-blkfront $initrd $version || exit
# mkinitrd does not look whether there was room for each file in it.
gzip -t $initrd || fail "$initrd is not whole"
echo "$package is installed"
