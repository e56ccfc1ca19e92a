import type { Answer } from './httpAnswer';

/**
 * GitHub's device flow (RFC 8628), by which VS Code signs in to an enterprise server: VS Code shows a code, the person
 * enters it on the server's page, and VS Code gets a token. As on GitHub, an error has status 200.
 */
export class DeviceSignIn {
  static readonly userCode = 'WDJB-MJHT';
  /**
   * The page for the code. It is not on this service, because links to this machine would be led through VS Code's
   * server.
   */
  static readonly page = 'https://github.com/login/device';
  private static readonly deviceCode = 'emulated-device';
  private approved = false;

  constructor(private readonly token: string) {}

  /** Plays the person who enters the code. */
  approve(): void {
    this.approved = true;
  }

  begin(): Answer {
    const { userCode, deviceCode, page } = DeviceSignIn;
    return {
      status: 200,
      body: {
        device_code: deviceCode,
        user_code: userCode,
        verification_uri: page,
        expires_in: 900,
        interval: 1,
      },
    };
  }

  poll(query: URLSearchParams): Answer {
    if (query.get('device_code') !== DeviceSignIn.deviceCode) {
      return refusal('incorrect_device_code');
    }
    return this.approved
      ? { status: 200, body: { access_token: this.token, token_type: 'bearer', scope: '' } }
      : refusal('authorization_pending');
  }
}

function refusal(error: string): Answer {
  return { status: 200, body: { error, error_description: error.replaceAll('_', ' ') } };
}
