# Run by a guest's own shell, of el5 or like it: bash 3.2, yum 3.2.22, rpm 4.4, mkinitrd 5.1.
set -f
name='@NAME@'
where='@WHERE@' # own, local or a URL
here=${0%/*}    # outside the guest's disk; it holds what the host's directory holds
ours=/etc/yum.repos.d/voyageur-kernel.repo
menu=/boot/grub/grub.conf

fail() {
  echo "$*"
  exit 1
}

# Xen goes on starting what it did: new-kernel-pkg may have made the new kernel the default.
put_back() {
  rm -f $ours
  [ ! -f $here/.menu ] || cp -p $here/.menu $menu
}
[ ! -f $menu ] || cp -p $menu $here/.menu || exit
trap put_back 0

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
    options='--disablerepo=* --nogpgcheck'
    ;;
  *)
    baseurl=$where
    options='--disablerepo=*'
    # The keys that its own repositories name: yum imports the one that a package is signed with.
    set +f
    keys=$(cat /etc/yum.repos.d/*.repo 2>/dev/null | sed -n 's/^gpgkey *= *//p' | sort -u)
    set -f
    ;;
esac
if [ -n "$local_files" ]; then
  yum -y $options localinstall $local_files || exit
else
  if [ -n "$options" ]; then
    cat >$ours <<END || exit
[voyageur-kernel]
name=What --kernel-repo names
baseurl=$baseurl
enabled=0
${keys:+gpgkey=$(echo $keys)}
END
    options="$options --enablerepo=voyageur-kernel"
  fi
  yum -y $options install $name || exit
fi

# This yum ends with 0 when it has found nothing to do.
rpm -q $name >/dev/null ||
  fail "yum did not install $name: no repository has it, or an exclude= in yum's configuration keeps it out"
package=$(rpm -q --qf '%{INSTALLTIME} %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\n' $name |
  sort -n | tail -n 1)
package=${package#* }
version=$(rpm -ql $package | sed -n 's,^/boot/vmlinuz-,,p')
[ -n "$version" ] || fail "$package is no kernel: it has no /boot/vmlinuz-VERSION"

initrd=/boot/initrd-$version.img
depmod -a $version || exit
mkinitrd -f --with=virtio_blk --with=virtio_pci --with=virtio_net --builtin=xenblk $initrd $version ||
  exit
# mkinitrd does not look whether there was room.
gzip -t $initrd || fail "$initrd is not whole"
echo "$package is installed"
