package org.voyageur.openstack.nova;

import java.util.List;
import java.util.regex.Pattern;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * Why Nova has no server to give. It says so in words alone, in a refusal or in the fault of a
 * server in ERROR; the words are those of nova/exception.py, the same since many releases.
 */
enum ServerFault {
  QUOTA(
      ErrorCode.SERVER_QUOTA,
      "the project's quota is used up",
      "Delete what is not needed, choose a smaller flavor, or ask for more: 'openstack quota show'",
      "Quota exceeded|exceeds? (?:the )?quota|TooManyInstances"),
  IMAGE(
      ErrorCode.SERVER_IMAGE,
      "Nova does not take the image",
      "Compare the image's disk_format with 'qemu-img info' of the file, and upload it again",
      "Image \\S+ is unacceptable|not in a supported format|does not match disk_format"
          + "|Image \\S+ is corrupt|Failed to convert image|unable to convert image"
          + "|Image is not raw format|Image \\S+ (?:could not be found|is not active)"),
  FLAVOR(
      ErrorCode.SERVER_FLAVOR,
      "the flavor is too small for the image",
      "Choose a larger one: 'openstack flavor list'",
      "Flavor's (?:disk|memory) is too small|disk is smaller than the minimum size"),
  SPACE(
      ErrorCode.SERVER_NO_SPACE,
      "the compute host has no space for the server's disk",
      "Try again, as another host may be chosen; or tell the cloud's operators",
      "No space left on device|Errno 28|DiskNotSufficient|insufficient disk|Free disk"),
  NETWORK(
      ErrorCode.SERVER_NETWORK,
      "the server's network could not be set up",
      "Look at the network with 'openstack network show'; try another one, or --no-network",
      "Failed to allocate the network|Binding failed for port|No (?:more )?fixed IP"
          + "|VirtualInterface|Virtual Interface|[Nn]o more IP addresses|PortBinding"
          + "|Network \\S+ could not be found|requires? (?:a )?subnet"
          + "|[Mm]ultiple possible networks|auto-allocat"),
  NO_HOST(
      ErrorCode.SERVER_NO_HOST,
      "no compute host takes the server",
      "Try a smaller flavor, or look whether the image's properties ask for what no host has"
          + " (hw_*, hypervisor_type, architecture)",
      "No valid host was found|Exceeded max(?:imum)? (?:scheduling attempts|number of retries)"
          + "|Insufficient compute resources|not enough hosts available"),
  OTHER(
      ErrorCode.SERVER_FAILED,
      "Nova could not start the server",
      "Try again; if it happens again, tell the cloud's operators the server's ID and the request's",
      "");

  /** A fault may quote a whole traceback. */
  private static final int LONGEST = 500;

  private final ErrorCode code;
  private final String meaning;
  private final String remedy;
  private final Pattern words;

  ServerFault(ErrorCode code, String meaning, String remedy, String words) {
    this.code = code;
    this.meaning = meaning;
    this.remedy = remedy;
    this.words = Pattern.compile(words);
  }

  /**
   * What a message means. The particular comes before the general: "No valid host was found" often
   * ends a list of attempts whose reason is said before or behind it.
   */
  static ServerFault of(String message) {
    return List.of(values()).stream()
        .filter(fault -> fault.words.matcher(message).find())
        .findFirst()
        .orElse(OTHER);
  }

  /**
   * As an error.
   *
   * @param said Nova's own words
   */
  static VoyageurException failure(String said) {
    String words = said.strip().replaceAll("\\s+", " ").replaceAll("[.: ]+$", "");
    ServerFault fault = of(words);
    String shown = words.length() > LONGEST ? words.substring(0, LONGEST) + "..." : words;
    return new VoyageurException(
        fault.code, fault.meaning + (shown.isEmpty() ? "" : ": " + shown), fault.remedy);
  }
}
